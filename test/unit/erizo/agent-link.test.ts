import { describe, expect, it } from 'vitest';
import { AgentLink } from '../../../nodes/erizo/agent-link.ts';
import { erizoDefaults } from '../../../nodes/erizo/config.ts';
import { newCurveKeyPair } from '../../../nodes/link/zmq-curve.ts';
import { createLog } from '../../../nodes/log.ts';
import type { MemberKey } from '../../../protocol/certificate.ts';
import type { ErizoLoad } from '../../../protocol/contracts/controller-agent.ts';
import { agentToErizo, erizoToAgent } from '../../../protocol/contracts/controller-agent.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { RpcPeer } from '../../../protocol/rpc-peer.ts';
import type { MemoryLink } from '../../fakes/memory-link.ts';
import { memoryLinkPair } from '../../fakes/memory-link.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const idle: ErizoLoad = {
  clients: 0,
  publishers: 0,
  subscribers: 0,
  pipes: 0,
  consumers: 0,
  cpu: 0,
};

/** A process and as many agents, one after the other, as it dials. */
function begin(options: { refuse?: boolean } = {}) {
  const clock = new VirtualClock();
  const erizoId = newUuid();
  const state = { load: idle, dials: 0, registered: 0, orphan: 0 };
  const loads: ErizoLoad[] = [];
  const stops: boolean[] = [];
  const members: string[] = [];
  let far: MemoryLink | undefined;
  let told: RpcPeer<typeof agentToErizo, typeof erizoToAgent> | undefined;
  const link = AgentLink.create(
    { clock, log: createLog('silent', {}) },
    {
      erizoId,
      pid: 1,
      onTrust: () => undefined,
      endpoint: 'tcp://127.0.0.1:1',
      dial: () => {
        state.dials += 1;
        const [near, other] = memoryLinkPair();
        far = other;
        told = RpcPeer.create(
          {
            link: other,
            clock,
            handlers: {
              register: async () => {
                if (options.refuse === true) {
                  throw new RizomaError('forbidden', 'not one of ours');
                }
                state.registered += 1;
                return null;
              },
              load: ({ load }) => loads.push(load),
            },
          },
          { outgoing: agentToErizo, incoming: erizoToAgent },
        );
        return near;
      },
      load: async () => state.load,
      counters: () => Promise.reject(new Error('not asked for here')),
      measures: async () => [],
      onCall: () => undefined,
      onStop: (now) => stops.push(now),
      onMembers: (keys) => members.push(keys.map(({ nodeId }) => nodeId).join()),
      onOrphan: () => {
        state.orphan += 1;
      },
    },
  );
  const tell = (keys: MemberKey[]): void => told?.notify('members', { keys });
  return { clock, state, loads, stops, members, link, tell, cut: () => far?.cut() };
}

/** Lets what is on its way arrive. */
const settle = () => new Promise((done) => setImmediate(done));

describe('the link to the agent', () => {
  it('registers, and tells the load each second when it has changed', async () => {
    const { clock, state, loads } = begin();
    await settle();
    expect(state.registered).toBe(1);
    clock.advance(erizoDefaults.loadPeriod_ms);
    await settle();
    expect(loads).toEqual([]);
    state.load = { ...idle, clients: 1 };
    clock.advance(erizoDefaults.loadPeriod_ms);
    await settle();
    clock.advance(erizoDefaults.loadPeriod_ms);
    await settle();
    expect(loads).toEqual([{ ...idle, clients: 1 }]);
  });

  it('is dialled anew, later each time, until an agent answers', async () => {
    const { clock, state, cut } = begin();
    await settle();
    cut();
    expect(state.dials).toBe(1);
    clock.advance(erizoDefaults.redialFirst_ms);
    cut();
    expect(state.dials).toBe(2);
    clock.advance(erizoDefaults.redialFirst_ms);
    expect(state.dials).toBe(2);
    clock.advance(erizoDefaults.redialFirst_ms);
    expect(state.dials).toBe(3);
    await settle();
    expect(state.registered).toBe(2);
    cut();
    clock.advance(erizoDefaults.redialFirst_ms);
    expect(state.dials).toBe(4);
  });

  it('says again and again that nobody claims the process, until somebody does', async () => {
    const { clock, state, cut } = begin();
    await settle();
    clock.advance(2 * erizoDefaults.orphan_ms);
    expect(state.orphan).toBe(0);
    for (let waited_ms = 0; waited_ms < 2 * erizoDefaults.orphan_ms; waited_ms += 250) {
      cut();
      clock.advance(250);
    }
    expect(state.orphan).toBe(2);
    clock.advance(erizoDefaults.redialLongest_ms);
    await settle();
    clock.advance(2 * erizoDefaults.orphan_ms);
    expect(state.orphan).toBe(2);
  });

  it('hands on the keys of members that the agent names', async () => {
    const { members, tell } = begin();
    const key = {
      region: 'eu-west',
      curveKey: newCurveKeyPair().publicKey,
      mediaIp: '192.0.2.1',
      expires_s: 1,
    };
    tell([
      { ...key, nodeId: 'eu-west-2' },
      { ...key, nodeId: 'eu-west-3' },
    ]);
    await settle();
    expect(members).toEqual(['eu-west-2,eu-west-3']);
  });

  it('of an agent that does not want the process stops it', async () => {
    const { stops } = begin({ refuse: true });
    await settle();
    expect(stops).toEqual([false]);
  });

  it('that is closed is not dialled again', async () => {
    const { clock, state, link } = begin();
    await settle();
    link.close();
    link.close();
    clock.advance(erizoDefaults.orphan_ms);
    expect(state).toMatchObject({ dials: 1, orphan: 0 });
  });
});
