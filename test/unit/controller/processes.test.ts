import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Agents } from '../../../nodes/controller/agents.ts';
import { defaults } from '../../../nodes/controller/defaults.ts';
import { Erizos } from '../../../nodes/controller/erizos.ts';
import type { Handlers } from '../../../protocol/contract.ts';
import type { ControllerToAgent } from '../../../protocol/contracts/controller-agent.ts';
import {
  agentToController,
  controllerToAgent,
} from '../../../protocol/contracts/controller-agent.ts';
import type { ControllerToErizo } from '../../../protocol/contracts/controller-erizo.ts';
import {
  controllerToErizo,
  erizoToController,
} from '../../../protocol/contracts/controller-erizo.ts';
import type { NodeCard } from '../../../protocol/contracts/node-edge.ts';
import type { Target } from '../../../nodes/link/zmq-dialer.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { RpcPeer } from '../../../protocol/rpc-peer.ts';
import { FakeMembers } from '../../fakes/fake-members.ts';
import type { MemoryLink } from '../../fakes/memory-link.ts';
import { memoryLinkPair } from '../../fakes/memory-link.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const log = pino({ level: 'silent' });
const ref = {
  erizoId: crypto.randomUUID(),
  agentId: 'agent-1',
  endpoint: 'tcp://127.0.0.1:1',
};

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function refuse(): Promise<never> {
  return Promise.reject(new RizomaError('unavailable', 'not played here'));
}

function setUpErizos(answers: () => boolean): {
  clock: VirtualClock;
  erizos: Erizos;
  told: string[];
  links: MemoryLink[];
} {
  const clock = new VirtualClock();
  const told: string[] = [];
  const links: MemoryLink[] = [];
  const handlers: Handlers<ControllerToErizo> = {
    keepAlive: () => (answers() ? Promise.resolve(null) : new Promise(() => undefined)),
    addPublisher: refuse,
    restoreConnection: refuse,
    removePublisher: refuse,
    addSubscriber: refuse,
    prepareSubscriber: refuse,
    keepUpstreams: () => undefined,
    pullAhead: () => undefined,
    reroute: refuse,
    removeSubscriber: refuse,
    removeClient: refuse,
    processConnectionMessage: refuse,
    processStreamMessage: refuse,
    setLastN: refuse,
    getStreamStats: refuse,
    setClientBandwidth: refuse,
    addExternalInput: refuse,
    addExternalOutput: refuse,
    removeExternalOutput: refuse,
    counters: refuse,
  };
  const dial = (): MemoryLink => {
    const [near, far] = memoryLinkPair();
    links.push(far);
    RpcPeer.create(
      { link: far, clock, handlers },
      { outgoing: erizoToController, incoming: controllerToErizo },
    );
    return near;
  };
  const erizos = new Erizos(
    { clock, log, dial },
    {
      listener: {
        connectionMessage: () => told.push('message'),
        streamFailed: (erizoId) => told.push(`failed at ${erizoId}`),
        inputEnded: () => told.push('input'),
        recordingEnded: () => told.push('recording'),
        layersWanted: () => told.push('layers'),
        videosShown: () => told.push('videos'),
        sound: () => undefined,
        bandwidth: () => undefined,
        died: (erizoId) => told.push(`died ${erizoId}`),
        suspect: ({ erizoId }) => told.push(`suspect ${erizoId}`),
      },
    },
  );
  return { clock, erizos, told, links };
}

describe('conversations with ErizoJS processes', () => {
  it('are shared by rooms and end with the last', () => {
    const { erizos, told, links, clock } = setUpErizos(() => true);
    const first = erizos.acquire(ref);
    expect(erizos.acquire(ref)).toBe(first);
    expect(links).toHaveLength(1);
    erizos.release(first);
    expect(erizos.size).toBe(1);
    erizos.release(first);
    erizos.release(first);
    expect(erizos.size).toBe(0);
    expect(told).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('give a process up that misses more than two pings, and have it ended', async () => {
    const { erizos, told, clock } = setUpErizos(() => false);
    erizos.acquire(ref);
    // The first ping goes out after one period; the third that is missed is noticed when its time is up.
    const noticed_ms =
      defaults.erizoPing_ms * (defaults.erizoMisses + 1) + controllerToErizo.keepAlive.timeout_ms;
    for (let at_ms = 0; at_ms < noticed_ms; at_ms += 100) {
      expect(told).toEqual([]);
      clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await turns();
    expect(told).toEqual([`died ${ref.erizoId}`, `suspect ${ref.erizoId}`]);
    expect(clock.pending).toBe(0);
  });

  it('forgive a process that answers again', async () => {
    let answers = false;
    const { erizos, told, clock } = setUpErizos(() => answers);
    erizos.acquire(ref);
    for (let round = 0; round < 20; round += 1) {
      answers = round % 3 === 2;
      clock.advance(defaults.erizoPing_ms);
      await turns();
    }
    expect(told).toEqual([]);
  });

  it('pass over what an agent says of a process of another one', () => {
    const { erizos, told } = setUpErizos(() => true);
    erizos.acquire(ref);
    erizos.exited(ref.erizoId, 'agent-2');
    expect(told).toEqual([]);
    expect(erizos.size).toBe(1);
  });

  it('say once that a process is lost, however it shows', () => {
    const { erizos, told, links } = setUpErizos(() => true);
    const erizo = erizos.acquire(ref);
    links[0]?.cut();
    erizos.exited(ref.erizoId, ref.agentId);
    erizos.release(erizo);
    const lost = [`died ${ref.erizoId}`, `suspect ${ref.erizoId}`];
    expect(told).toEqual(lost);
    erizos.acquire(ref);
    erizos.exited(ref.erizoId, ref.agentId);
    links[1]?.cut();
    expect(told).toEqual([...lost, `died ${ref.erizoId}`]);
  });
});

const card = (nodeId: string, region = 'eu-west'): NodeCard => ({
  nodeId,
  region,
  epoch: crypto.randomUUID(),
  place: { lat: 0, lon: 0 },
  secure: false,
  agent: `tcp://${nodeId}:1`,
  version: 'test',
});

function setUpAgents(refusing: Set<string>): {
  clock: VirtualClock;
  agents: Agents;
  members: FakeMembers;
  asked: string[];
  links: {
    endpoint: string;
    link: MemoryLink;
    peer: RpcPeer<typeof agentToController, ControllerToAgent>;
  }[];
  exited: string[];
} {
  const clock = new VirtualClock();
  const members = new FakeMembers();
  const asked: string[] = [];
  const exited: string[] = [];
  const links: ReturnType<typeof setUpAgents>['links'] = [];
  const dial = ({ endpoint }: Target): MemoryLink => {
    const [near, far] = memoryLinkPair();
    const handlers: Handlers<ControllerToAgent> = {
      createErizoJS: async () => {
        asked.push(endpoint);
        if (refusing.has(endpoint)) {
          throw new RizomaError('overloaded', 'full');
        }
        return ref;
      },
      deleteErizoJS: refuse,
      getErizoAgents: refuse,
    };
    const peer = RpcPeer.create(
      { link: far, clock, handlers },
      { outgoing: agentToController, incoming: controllerToAgent },
    );
    links.push({ endpoint, link: far, peer });
    return near;
  };
  const agents = Agents.create(
    { clock, log, members, dial },
    {
      nodeId: 'own',
      region: 'eu-west',
      onExited: (erizoId, agentId) => exited.push(`${erizoId} of ${agentId}`),
    },
  );
  return { clock, agents, members, asked, links, exited };
}

describe('conversations with agents', () => {
  it('are held with each agent under its own node, though another names the same endpoint on its card', () => {
    const { agents, members, links } = setUpAgents(new Set());
    members.set([card('own'), { ...card('other'), agent: card('own').agent }]);
    expect(links).toHaveLength(2);
    expect(agents.size).toBe(2);
  });

  it('are held with those of the region, as members come and go', () => {
    const { agents, members, links } = setUpAgents(new Set());
    members.set([card('own'), card('far', 'us-east')]);
    members.set([card('own'), card('next')]);
    expect(links.map(({ endpoint }) => endpoint)).toEqual(['tcp://own:1', 'tcp://next:1']);
    expect(agents.size).toBe(2);
    members.set([card('next')]);
    expect(agents.size).toBe(1);
    agents.close();
    expect(agents.size).toBe(0);
  });

  it('ask the own host first and the others when it is full', async () => {
    const { agents, members, asked } = setUpAgents(new Set(['tcp://own:1']));
    members.set([card('next'), card('own')]);
    // Under whose key a process is dialled is known without the agent's word.
    const given = { ...ref, agentId: 'next' };
    expect(await agents.createErizoJS('a'.repeat(24), [])).toEqual(given);
    expect(asked).toEqual(['tcp://own:1', 'tcp://next:1']);
  });

  it('ask those last that say they are full, and the own host first all the same', async () => {
    const { agents, members, asked } = setUpAgents(new Set(['tcp://own:1', 'tcp://next:1']));
    members.set([card('full'), card('next'), card('busy'), card('own')]);
    members.say({ own: { state: 'full' }, full: { state: 'full' }, busy: { state: 'warning' } });
    for (let turn = 0; turn < 3; turn += 1) {
      const given = { ...ref, agentId: 'busy' };
      expect(await agents.createErizoJS('a'.repeat(24), [])).toEqual(given);
      expect(asked.splice(0)).toEqual(['tcp://own:1', 'tcp://next:1', 'tcp://busy:1']);
    }
  });

  it('say that the region has none, or what the last one said', async () => {
    const { agents, members } = setUpAgents(new Set(['tcp://own:1']));
    const room = 'a'.repeat(24);
    await expect(agents.createErizoJS(room, [])).rejects.toMatchObject({ code: 'unavailable' });
    members.set([card('own')]);
    await expect(agents.createErizoJS(room, [])).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('begin again after a loss, by themselves or when a process is wanted', async () => {
    const { agents, members, links, clock, exited } = setUpAgents(new Set());
    members.set([card('own')]);
    links[0]?.link.cut();
    expect(agents.size).toBe(0);
    clock.advance(defaults.agentRedial_ms);
    expect(agents.size).toBe(1);
    links[1]?.peer.notify('erizoExited', { erizoId: ref.erizoId });
    await turns();
    expect(exited).toEqual([`${ref.erizoId} of own`]);
    links[1]?.link.cut();
    const given = { ...ref, agentId: 'own' };
    expect(await agents.createErizoJS('a'.repeat(24), [])).toEqual(given);
    expect(links).toHaveLength(3);
    clock.advance(defaults.agentRedial_ms * 3);
    expect(links).toHaveLength(3);
    agents.close();
    clock.advance(defaults.agentRedial_ms * 3);
    expect(links).toHaveLength(3);
  });
});
