import { expect, test, vi } from 'vitest';
import * as v from 'valibot';
import type { Contract } from '../../../protocol/contract.ts';
import type { RizomaError } from '../../../protocol/errors.ts';
import { RpcPeer } from '../../../protocol/rpc-peer.ts';
import { FaultyLink } from '../../fakes/faulty-link.ts';
import { memoryLinkPair } from '../../fakes/memory-link.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const offers = {
  echo: {
    params: v.string(),
    result: v.string(),
    errors: [],
    timeout_ms: 1_000,
    idempotent: true,
  },
} as const satisfies Contract;
const nothing = {} as const satisfies Contract;

interface Setting {
  clock: VirtualClock;
  caller: RpcPeer<typeof offers, typeof nothing>;
  /** The way from the caller to the server. */
  way: FaultyLink;
  remaining_ms: number[];
  faults: RizomaError[];
  raw: (text: string) => void;
}

function set(): Setting {
  const clock = new VirtualClock();
  const [left, right] = memoryLinkPair();
  const way = new FaultyLink({ link: left, clock });
  const remaining_ms: number[] = [];
  const faults: RizomaError[] = [];
  RpcPeer.create(
    {
      link: right,
      clock,
      handlers: {
        echo(text, context) {
          remaining_ms.push(context.remaining_ms);
          return Promise.resolve(text);
        },
      },
    },
    { outgoing: nothing, incoming: offers, onFault: (fault) => faults.push(fault) },
  );
  const caller = RpcPeer.create(
    { link: way, clock, handlers: {} },
    { outgoing: offers, incoming: nothing },
  );
  return { clock, caller, way, remaining_ms, faults, raw: (text) => left.send(text) };
}

test('a call whose frame is lost ends with its timeout', async () => {
  const { clock, caller, way } = set();
  way.faults = { drop: () => true };
  const call = caller.call('echo', 'lost');
  clock.advance(999);
  expect(caller.callsInFlight).toBe(1);
  clock.advance(1);
  await expect(call).rejects.toMatchObject({ code: 'timeout' });
  expect(clock.pending).toBe(0);
});

test('the handler is told the time that remains, not a reading of a clock', async () => {
  const { caller, remaining_ms } = set();
  await caller.call('echo', 'a', { timeout_ms: 300 });
  expect(remaining_ms).toEqual([300]);
});

test('a call that comes twice is served once', async () => {
  const { caller, way, remaining_ms } = set();
  way.faults = { duplicate: () => true };
  expect(await caller.call('echo', 'twice')).toBe('twice');
  expect(await caller.call('echo', 'again')).toBe('again');
  expect(remaining_ms).toHaveLength(2);
});

test('a cut way ends every call at once', async () => {
  const { caller, way } = set();
  const call = caller.call('echo', 'cut');
  way.cut();
  await expect(call).rejects.toMatchObject({ code: 'link_down' });
  expect(caller.ended).toBe('lost');
});

test('frames that are not frames are counted as faults and harm nothing', async () => {
  const { caller, faults, raw } = set();
  for (const text of ['', 'noise', '{}', '[]', '{"t":"call"}', '{"t":"result","id":-1}', 'null']) {
    raw(text);
  }
  expect(await caller.call('echo', 'still here')).toBe('still here');
  expect(faults.map((fault) => fault.code)).toEqual(Array.from({ length: 7 }, () => 'bad_request'));
});

test('a method that is not a row is refused, even one that every object has', async () => {
  const { faults, raw } = set();
  for (const [id, method] of ['constructor', '__proto__', 'toString', 'hasOwnProperty'].entries()) {
    raw(JSON.stringify({ t: 'call', id, method, params: null, timeout_ms: 10 }));
  }
  raw(JSON.stringify({ t: 'notify', method: 'valueOf', params: null }));
  await vi.waitFor(() => expect(faults).toHaveLength(5));
  expect(new Set(faults.map((fault) => fault.code))).toEqual(new Set(['unknown_method']));
});
