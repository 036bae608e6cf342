import { pino } from 'pino';
import { AutoSubscribing } from '../../../nodes/controller/auto-subscribing.ts';
import { Client } from '../../../nodes/controller/client.ts';
import { Connections } from '../../../nodes/controller/connections.ts';
import type { Erizo } from '../../../nodes/controller/erizos.ts';
import { newFlow } from '../../../nodes/controller/flow.ts';
import { RegionTrees } from '../../../nodes/controller/region-trees.ts';
import type { RoomParts } from '../../../nodes/controller/room-parts.ts';
import { Streams } from '../../../nodes/controller/streams.ts';
import type { Subscribing } from '../../../nodes/controller/subscribing.ts';
import { Turns } from '../../../nodes/controller/turns.ts';
import { AutoSubscribeMessage } from '../../../protocol/contracts/client-auto.ts';
import { limits } from '../../../protocol/limits.ts';
import { parse } from '../../../protocol/parse.ts';
import { FakeMembers } from '../../fakes/fake-members.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import type { Message } from './message.ts';
import { noAttributes, repeat, streamIdOf, uuidOf } from './message.ts';
import { unprovenEntry } from '../../support/entry.ts';

const log = pino({ level: 'silent' });
const here = { nodeId: 'here-1', region: 'here' };

/** A client of Licode's leaves: it has a connection for each stream that it plays. */
export const leave: Message = {
  name: 'leave',
  what: `the end of ${limits.streamsPerRoom} streams over as many connections`,
  prepare(share) {
    const erizo = { erizoId: 'erizo' } as Erizo;
    const flows = repeat(limits.streamsPerRoom * share, (index) => newFlow(streamIdOf(index)));
    return () => {
      const connections = new Connections({ kept: false, remembers: true });
      // They come one by one, and are not of this message: what a thousand cost is added here, too.
      flows.forEach((flow) => {
        connections.add(flow.streamId, { erizo, direction: 'subscribe', flow });
      });
      flows.forEach((flow) => connections.drop(flow));
    };
  },
};

const viewers = 256;

/** Attributes of streams changed: those are looked at for the clients who select, all with as many selectors as they may have. */
export const select: Message = {
  name: 'select',
  what: `the look at changed streams for ${viewers} clients with ${limits.selectors} selectors of each kind, of ${limits.streamsPerRoom} streams`,
  prepare(share) {
    const clock = new VirtualClock();
    const trees = new RegionTrees({ edge: { linked: true }, members: new FakeMembers() });
    const streams = new Streams({ trees }, here);
    const ids = repeat(limits.streamsPerRoom * share, streamIdOf);
    for (const streamId of ids) {
      const media = { ...noAttributes, attributes: { group: 1 } };
      streams.add({ streamId, clientId: uuidOf(0), userName: 'ann', media });
    }
    const parts = { clock, log, streams } as unknown as RoomParts;
    // What follows from a look is not of it.
    const subscribing = { subscribe: () => new Promise(() => undefined) } as unknown as Subscribing;
    const auto = new AutoSubscribing({ parts, subscribing });
    const wish = parse(AutoSubscribeMessage, selectors(), 'autoSubscribe');
    repeat(viewers * share, () => auto.set(newClient(clock), wish));
    return () => {
      ids.forEach((streamId) => auto.streamChanged(streamId));
      clock.advance(250);
    };
  },
};

/** The last one fits. */
function selectors(): unknown {
  const others = repeat(limits.selectors - 1, (at) => [`/attributes/k${at}`, 1] as const);
  const negative = repeat(limits.selectors, (at) => [`/attributes/n${at}`, 1] as const);
  return {
    selectors: { ...Object.fromEntries(others), '/attributes/group': 1 },
    negativeSelectors: Object.fromEntries(negative),
  };
}

function newClient(clock: VirtualClock): Client {
  const who = {
    entry: unprovenEntry(),
    roomId: 'a'.repeat(24),
    userName: 'ann',
    role: 'presenter',
  };
  const rest = { plan: 'dual', followsLayers: false, requestId: undefined } as const;
  return new Client(
    { clock, log, turns: new Turns() },
    { visitor: { ...who, ...rest, joinedAt_ms: undefined }, handlers: {} as never },
  );
}
