import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { messagesOf } from '../../../edge/objects/member-parts.ts';
import type { DirectoryState, Holder } from '../../../edge/room/directory.ts';
import { directoryStep, emptyDirectoryState } from '../../../edge/room/directory.ts';
import { removalsSince } from '../../../edge/room/removals.ts';
import { fittingRoutes } from '../../../edge/room/routes.ts';
import { PresenceBatches } from '../../../nodes/controller/presence-batches.ts';
import { sizeOf, utf8Length } from '../../../protocol/bytes.ts';
import type { Contract } from '../../../protocol/contract.ts';
import { agentToErizo, controllerToAgent } from '../../../protocol/contracts/controller-agent.ts';
import {
  ownerToWatcher,
  watcherToOwner,
} from '../../../protocol/contracts/controller-controller.ts';
import { controllerToErizo } from '../../../protocol/contracts/controller-erizo.ts';
import { gossip } from '../../../protocol/contracts/gossip.ts';
import type {
  NodeCard,
  ProvableFacts,
  ProvableUser,
} from '../../../protocol/contracts/node-edge.ts';
import { edgeToNode, nodeToEdge } from '../../../protocol/contracts/node-edge.ts';
import type { DirectoryChange, RoomFacts, StreamFact } from '../../../protocol/directory.ts';
import { bytesOfStream } from '../../../protocol/directory.ts';
import { encodeFrame } from '../../../protocol/frame.ts';
import { limits } from '../../../protocol/limits.ts';
import { unprovenEntry } from '../../support/entry.ts';

/** The longest texts that the schemas allow; an escape of JSON has the most bytes. */
const uuid = (number: number): string =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const roomId = 'f'.repeat(24);
const streamId = (number: number): string => `1${String(number).padStart(17, '0')}`;
const slug = (number: number): string => String(number).padStart(64, 'x');
const name = '\u0001'.repeat(limits.name_chars);
const endpoint = 'tcp://255.255.255.255:65535';
const latest_ms = Number.MAX_SAFE_INTEGER;
const grant = 'g'.repeat(16_384);
const adaptation = {
  scheme: 'notify-break-recover',
  minVideo_kbps: 123_456.789_012_345_67,
} as const;

function many<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

const fact = (number: number, erizo: number, text_chars: number): StreamFact => ({
  ...{ streamId: streamId(number), clientId: uuid(number), erizoId: uuid(erizo), userName: name },
  media: {
    ...{ audio: false, video: false, data: false, screen: false, label: name },
    attributes: { text: 'é'.repeat(text_chars) },
  },
  ...{ adaptation, enteredAt_ms: latest_ms },
});

/** As many streams as the budget of a room holds, and as many processes as a controller may name. */
function facts(text_chars: number, from = 0): RoomFacts {
  const erizos = many(limits.controllersPerRoom, (n) => ({ erizoId: uuid(from + n), endpoint }));
  const streams: StreamFact[] = [];
  let bytes = bytesOfStream(fact(from, from, text_chars));
  while (bytes <= limits.roomStreams_bytes && streams.length < limits.streamsPerRoom) {
    const next = fact(from + streams.length, from + (streams.length % 64), text_chars);
    streams.push(next);
    bytes += bytesOfStream(next);
  }
  return { erizos, streams };
}

/** With a proof for each stream. */
const proven = ({ erizos, streams }: RoomFacts): ProvableFacts => ({
  erizos,
  streams: streams.map((stream) => ({ ...stream, proof: unprovenEntry().proof })),
});

const noFacts: RoomFacts = { erizos: [], streams: [] };
const holder = (number: number, said: RoomFacts): Holder => ({
  ...{ nodeId: slug(number), region: slug(number % limits.regions), lease: 1, facts: said },
});

const regions = many(limits.regions, slug);
const everywhere = Object.fromEntries(regions.map((region) => [region, slug(0)]));
/** Between all regions, as many as a directory has room for. */
const routes = fittingRoutes(regions.map((origin) => ({ origin, parents: everywhere })));

interface FullRoom {
  readonly state: DirectoryState;
  readonly changes: readonly DirectoryChange[];
}

/** A room at all its bounds: of controllers, of processes and streams of one, and of routes between all regions. */
function fillRoom(text_chars: number): FullRoom {
  const changes: DirectoryChange[] = [];
  let state = emptyDirectoryState;
  const step = (event: Parameters<typeof directoryStep>[1]): void => {
    const done = directoryStep(state, event);
    ({ state } = done);
    changes.push(done.change);
  };
  const small = (n: number): RoomFacts => {
    const clientId = uuid(n);
    const media = fact(0, 0, 0).media;
    const stream = {
      streamId: streamId(90_000 + n),
      clientId,
      erizoId: uuid(n),
      userName: '',
      media,
    };
    return { erizos: [{ erizoId: uuid(n), endpoint: 'tcp://10.0.0.1:4000' }], streams: [stream] };
  };
  for (let n = 0; n < limits.controllersPerRoom; n += 1) {
    step({ type: 'enter', holder: holder(n, n < limits.regions ? small(n) : noFacts) });
  }
  state = { ...state, directory: { ...state.directory, routes } };
  const last = limits.controllersPerRoom - 1;
  const others = facts(text_chars, 5_000).erizos.slice(0, 128);
  step({ type: 'facts', nodeId: slug(last - 1), lease: 1, facts: { ...noFacts, erizos: others } });
  for (const from of [10_000, 20_000]) {
    // All that it told at once is others than before: what goes and what comes are in one change.
    step({ type: 'facts', nodeId: slug(last), lease: 1, facts: facts(text_chars, from) });
  }
  return { state, changes };
}

const rooms = new Map<number, FullRoom>();

/** The same room each time. */
function fullRoom(text_chars: number): FullRoom {
  const room = rooms.get(text_chars) ?? fillRoom(text_chars);
  rooms.set(text_chars, room);
  return room;
}

const removals = {
  users: many(limits.removals, (n) => ({
    name: `${name.slice(4)}${String(n).padStart(4, '0')}`,
    at_ms: latest_ms,
  })),
  before_ms: 0,
};
const user = (n: number): ProvableUser => ({
  clientId: uuid(n),
  name,
  role: name,
  enteredAt_ms: latest_ms,
  proof: unprovenEntry().proof,
});
const peerId = `12D3KooW${'A'.repeat(44)}`;
const revoked = many(limits.revokedKeys, () => peerId);
const card = (n: number): NodeCard => ({
  ...{ nodeId: slug(n), epoch: uuid(n), region: slug(n), jurisdiction: 'fedramp-high' },
  place: { lat: -89 - 1 / 3, lon: -179 - 1 / 3 },
  ...{ host: `${'h'.repeat(247)}:65535`, secure: false, agent: endpoint, controller: endpoint },
  ...{ mesh: endpoint, version: '\u0001'.repeat(64), certificate: 'c'.repeat(2_048) },
});
const memberKey = (n: number) => ({
  ...{ nodeId: slug(n), region: slug(n), curveKey: 'c'.repeat(40), expires_s: 9_999_999_999 },
  mediaIp: '2001:0db8:ffff:ffff:ffff:ffff:ffff:ffff',
});
const knownCards = many(limits.members, (n) => ({ nodeId: slug(n), said_ms: latest_ms }));
const rtp = {
  ...{ ssrc: 4_294_967_295, kind: 'audio' as const, bitrate_bps: latest_ms, packets: latest_ms },
  ...{
    bytes: latest_ms,
    packetsLost: -latest_ms,
    fractionLost: 255,
    jitter: 0.123_456_789_012_345_6,
  },
  ...{ nacks: latest_ms, plis: latest_ms, firs: latest_ms },
};
const stats = Object.fromEntries(many(limits.statsSubscribers, (n) => [uuid(n), [rtp, rtp]]));

/** What a controller tells of who is there where 4,096 have come and as many have gone. */
function presence(): unknown {
  const batches = new PresenceBatches();
  batches.begin();
  const first = many(limits.presenceUsers, (n) => ({ ...user(n), name: '', role: '' }));
  const told = batches.next(first);
  if (told !== undefined) {
    batches.taken(told.presence);
  }
  return batches.next(many(limits.presenceUsers, (n) => user(10_000 + n)))?.presence;
}

interface Row {
  readonly message: string;
  /** Its largest size, rounded up; a frame has 1,024. */
  readonly most_KiB: number;
  readonly contract: Contract;
  /** `part` and `result` of a call; its parameters, and those of a notification, unless it says so. */
  readonly of?: 'part' | 'result';
  readonly method: string;
  /** The largest that is sent. */
  readonly values: () => readonly unknown[];
}

const entered = (text_chars: number): unknown => {
  const { users: removed, before_ms: removedBefore_ms } = removalsSince(removals, {
    since_ms: 0,
    most_bytes: limits.removed_bytes,
  });
  const { directory } = fullRoom(text_chars).state;
  return { ...directory, grant, removed, removedBefore_ms, p2p: true };
};
/** Few streams of the most that is said of one, and many of which little is said. */
const texts = [8_000, 0] as const;

/** All messages whose size follows from how many there are of something. */
const rows: readonly Row[] = [
  {
    ...{
      message: 'a controller enters',
      most_KiB: 800,
      contract: nodeToEdge,
      method: 'room.enter',
    },
    values: () =>
      texts.map((chars) => ({
        roomId,
        facts: proven(facts(chars)),
        entry: unprovenEntry(uuid(0), latest_ms),
      })),
  },
  {
    ...{
      message: 'the directory',
      most_KiB: 990,
      contract: nodeToEdge,
      method: 'room.enter',
      of: 'result',
    },
    values: () => texts.map(entered),
  },
  {
    ...{
      message: 'facts of a controller',
      most_KiB: 800,
      contract: nodeToEdge,
      method: 'room.facts',
    },
    values: () => texts.map((chars) => ({ roomId, facts: proven(facts(chars)) })),
  },
  {
    ...{
      message: 'the answer to facts',
      most_KiB: 940,
      contract: nodeToEdge,
      method: 'room.facts',
      of: 'result',
    },
    values: () => texts.flatMap((chars) => fullRoom(chars).changes),
  },
  {
    ...{
      message: 'a change of the directory',
      most_KiB: 940,
      contract: edgeToNode,
      method: 'room.changed',
    },
    values: () =>
      texts.flatMap((chars) => fullRoom(chars).changes.map((change) => ({ roomId, change }))),
  },
  {
    ...{
      message: 'who came and went',
      most_KiB: 680,
      contract: nodeToEdge,
      method: 'room.presence',
    },
    values: () => [{ roomId, presence: presence() }],
  },
  {
    ...{
      message: 'users of a room',
      most_KiB: 800,
      contract: edgeToNode,
      method: 'room.users',
      of: 'part',
    },
    values: () => [many(limits.usersPerPart, user).map(({ proof: _, ...rest }) => rest)],
  },
  {
    ...{ message: 'clients that moved', most_KiB: 340, contract: edgeToNode, method: 'room.moved' },
    values: () => {
      const clients = many(limits.presenceUsers, (n) => ({
        clientId: uuid(n),
        enteredAt_ms: latest_ms,
      }));
      return [{ roomId, clients }];
    },
  },
  {
    ...{ message: 'members', most_KiB: 710, contract: edgeToNode, method: 'mesh.members' },
    values: () => {
      const params = { nodes: many(limits.nodes, card), revoked };
      return messagesOf({ method: 'mesh.members', params }).map((one) => one.params);
    },
  },
  {
    ...{
      message: 'facts from node to node',
      most_KiB: 820,
      contract: watcherToOwner,
      method: 'room.share',
    },
    values: () =>
      texts.map((chars) => ({
        roomId,
        grant,
        facts: facts(chars),
        at: latest_ms,
        known: latest_ms,
      })),
  },
  {
    ...{ message: 'data', most_KiB: 66, contract: ownerToWatcher, method: 'stream.data' },
    values: () => [{ roomId, streamId: streamId(1), msg: 'd'.repeat(limits.data_bytes - 2) }],
  },
  {
    ...{ message: 'keys of members', most_KiB: 570, contract: agentToErizo, method: 'members' },
    values: () => [{ keys: many(limits.members, memberKey) }],
  },
  {
    ...{
      message: 'processes that do not do',
      most_KiB: 10,
      contract: controllerToAgent,
      method: 'createErizoJS',
    },
    values: () => [{ roomId, except: many(256, uuid) }],
  },
  {
    ...{
      message: 'statistics',
      most_KiB: 590,
      contract: controllerToErizo,
      method: 'getStreamStats',
      of: 'result',
    },
    values: () => [{ publisher: [rtp, rtp], subscribers: stats }],
  },
  {
    ...{ message: 'news of the mesh', most_KiB: 980, contract: gossip, method: 'gossip.news' },
    values: () => {
      const cards = many(limits.gossipCards, () => 'c'.repeat(limits.saidCard_chars));
      return [{ cards, doubted: knownCards }];
    },
  },
  {
    ...{
      message: 'all that is known of the mesh',
      most_KiB: 220,
      contract: gossip,
      method: 'gossip.have',
    },
    values: () => [{ cards: knownCards }],
  },
];

/** Parsed by the schema of its row, so that what is measured is what may be sent. */
function frameOf({ contract, method, of }: Row, value: unknown): string {
  const row = contract[method];
  if (row === undefined) {
    throw new Error(`${method} is in no contract`);
  }
  if (of === undefined) {
    v.parse(row.params, value);
    return 'notify' in row
      ? encodeFrame({ t: 'notify', method, params: value })
      : encodeFrame({ t: 'call', id: latest_ms, method, params: value, timeout_ms: 10_000 });
  }
  const schema = 'notify' in row ? undefined : row[of];
  v.parse(schema ?? v.never(), value);
  return encodeFrame({ t: of, id: latest_ms, value });
}

describe('a message whose size follows from a count', () => {
  it.each(rows)('fits a frame at the bounds: $message, $most_KiB KiB', (row) => {
    const sizes = row.values().map((value) => utf8Length(frameOf(row, value)));
    expect(row.most_KiB * 1024).toBeLessThanOrEqual(limits.frameSize_bytes);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(row.most_KiB * 1024);
    // One that is far smaller is at no bound.
    expect(Math.max(...sizes)).toBeGreaterThan(row.most_KiB * 600);
  });
});

describe('a full room', () => {
  it('has a directory at all of its bounds, so that the table above measures what it says', () => {
    const { directory, holders } = fullRoom(8_000).state;
    const { streams, erizos, routes: kept = [] } = directory;
    expect(holders.length).toBe(limits.controllersPerRoom);
    expect(sizeOf(streams)).toBeGreaterThan(limits.roomStreams_bytes * 0.9);
    expect(sizeOf(erizos)).toBeGreaterThan(limits.roomErizos_bytes * 0.95);
    expect(sizeOf(kept)).toBeGreaterThan(limits.roomRoutes_bytes * 0.9);
  });

  it('counts no stream for less than it has', () => {
    const { streams } = fullRoom(0).state.directory;
    for (const stream of streams) {
      expect(bytesOfStream(stream)).toBeGreaterThan(sizeOf(stream));
    }
  });

  it('lists streams of processes alone that it lists, and those that were there first', () => {
    const { directory, holders } = fullRoom(0).state;
    const listed = new Set(directory.erizos.map(({ erizoId }) => erizoId));
    expect(listed.size).toBeLessThan(
      holders.reduce((sum, { facts: { erizos } }) => sum + erizos.length, 0),
    );
    expect(directory.streams.every(({ erizoId = '' }) => listed.has(erizoId))).toBe(true);
    const first = holders.filter(({ facts: { erizos } }) => erizos.length === 1);
    expect(first.every(({ facts: { erizos } }) => listed.has(erizos[0]?.erizoId ?? ''))).toBe(true);
  });
});
