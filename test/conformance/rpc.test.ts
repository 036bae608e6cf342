import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { systemClock } from '../../protocol/clock.ts';
import type { Contract, Handlers } from '../../protocol/contract.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { LinkPair } from './link-kinds.ts';
import { linkKinds } from './link-kinds.ts';

const offers = {
  add: {
    params: v.strictObject({ a: v.number(), b: v.number() }),
    result: v.number(),
    errors: ['overloaded'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  steps: {
    params: v.strictObject({ count: v.number() }),
    part: v.number(),
    result: v.literal('done'),
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
  never: {
    params: v.null(),
    result: v.null(),
    errors: [],
    timeout_ms: 50,
    idempotent: true,
  },
  heard: { params: v.strictObject({ text: v.string() }), notify: true },
} as const satisfies Contract;
const nothing = {} as const satisfies Contract;

describe.each(Object.entries(linkKinds))('an RpcPeer over %s', (_name, makePair) => {
  let pair: LinkPair;
  let caller: RpcPeer<typeof offers, typeof nothing>;
  let server: RpcPeer<typeof nothing, typeof offers>;
  const heard = Promise.withResolvers<string>();
  /** Resolves when the handler of a call that is never answered hears that nobody waits for it. */
  let aborted = Promise.withResolvers<void>();
  const handlers: Handlers<typeof offers> = {
    add: ({ a, b }) => {
      if (b === 0) {
        return Promise.reject(new RizomaError('overloaded', 'no zeros today', { details: { b } }));
      }
      return Promise.resolve(a + b);
    },
    steps: ({ count }, context) => {
      for (let step = 1; step <= count; step += 1) {
        context.part(step);
      }
      return Promise.resolve('done');
    },
    never: (_params, context) =>
      new Promise((_resolve, reject) => {
        context.signal.addEventListener('abort', () => {
          aborted.resolve();
          reject(new RizomaError('cancelled', 'the caller is gone'));
        });
      }),
    heard: ({ text }) => heard.resolve(text),
  };

  beforeEach(async () => {
    aborted = Promise.withResolvers<void>();
    pair = await makePair();
    const clock = systemClock;
    server = RpcPeer.create(
      { link: pair.right, clock, handlers },
      { outgoing: nothing, incoming: offers },
    );
    caller = RpcPeer.create(
      { link: pair.left, clock, handlers: {} },
      { outgoing: offers, incoming: nothing },
    );
  });
  afterEach(async () => {
    caller.close();
    server.close();
    await pair.dispose();
  });

  test('answers a thousand calls at once, each with its own answer', async () => {
    const sums = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => caller.call('add', { a: index, b: 1 })),
    );
    expect(sums).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  });

  test('hands on the parts of an answer before the answer, in order', async () => {
    const parts: number[] = [];
    const answer = await caller.call('steps', { count: 3 }, { onPart: (part) => parts.push(part) });
    expect(parts).toEqual([1, 2, 3]);
    expect(answer).toBe('done');
  });

  test('carries the code, the words and the details of an error', async () => {
    await expect(caller.call('add', { a: 1, b: 0 })).rejects.toMatchObject({
      code: 'overloaded',
      message: 'no zeros today',
      details: { b: 0 },
    });
  });

  test('refuses parameters that do not fit the schema, naming the field', async () => {
    // @ts-expect-error the compiler refuses them as well
    await expect(caller.call('add', { a: 1, b: 'two' })).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining('add.b'),
    });
  });

  test('ends a call that is not answered in its time, and tells the handler', async () => {
    await expect(caller.call('never', null)).rejects.toMatchObject({ code: 'timeout' });
    await aborted.promise;
    expect(caller.callsInFlight).toBe(0);
  });

  test('ends a call that its caller gives up, and tells the handler long before its time is over', async () => {
    const abort = new AbortController();
    // Longer than the limit of a test: the deadline of the call is not what ends the handler.
    const call = caller.call('never', null, { signal: abort.signal, timeout_ms: 600_000 });
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    await aborted.promise;
  });

  test('carries notifications', async () => {
    caller.notify('heard', { text: 'hello' });
    expect(await heard.promise).toBe('hello');
  });

  test('ends every waiting call at once when the link ends', async () => {
    const call = caller.call('never', null, { timeout_ms: 60_000 });
    server.close();
    await expect(call).rejects.toMatchObject({ code: 'link_down' });
    await expect(caller.call('add', { a: 1, b: 2 })).rejects.toMatchObject({ code: 'link_down' });
  });
});
