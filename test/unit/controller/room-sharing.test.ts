import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { defaults } from '../../../nodes/controller/defaults.ts';
import type { Neighbours } from '../../../nodes/controller/neighbours.ts';
import { RoomSharing } from '../../../nodes/controller/room-sharing.ts';
import { withTold } from '../../../nodes/controller/told-facts.ts';
import type { Caller } from '../../../nodes/link/keyring.ts';
import type { NodeCard } from '../../../protocol/contracts/node-edge.ts';
import type { Directory, RoomFacts } from '../../../protocol/directory.ts';
import { signGrant } from '../../../protocol/grant.ts';
import type { TicketPrivateKey } from '../../../protocol/ticket.ts';
import { publicTicketKey } from '../../../protocol/ticket.ts';
import { newTicketKey } from '../../fakes/fake-edge.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const roomId = 'aaaaaaaaaaaaaaaaaaaaaaaa';
const serviceId = 'bbbbbbbbbbbbbbbbbbbbbbbb';
const media = { audio: true, video: true, data: false, screen: false, label: 'x', attributes: {} };
const erizoId = (node: string): string => `00000000-0000-4000-8000-00000000000${node}`;

/** Facts of a node with one process and so many streams, each of which is recorded. */
function factsOf(node: string, streams: readonly number[]): RoomFacts {
  const recordings = streams.map((number) => ({
    recordingId: `2${node}${String(number).padStart(16, '0')}`,
    streamId: `1${node}${String(number).padStart(16, '0')}`,
  }));
  return {
    ...(recordings.length === 0 ? {} : { recordings }),
    erizos: [{ erizoId: erizoId(node), endpoint: 'tcp://127.0.0.1:9' }],
    streams: streams.map((number) => ({
      streamId: `1${node}${String(number).padStart(16, '0')}`,
      clientId: erizoId('9'),
      erizoId: erizoId(node),
      userName: 'ann',
      media,
    })),
  };
}

/** Ids of streams and recordings. */
const ids = ({ streams, recordings = [] }: Pick<RoomFacts, 'streams' | 'recordings'>): string[] =>
  [
    ...streams.map(({ streamId }) => streamId),
    ...recordings.map(({ recordingId }) => recordingId),
  ].toSorted();

/** Three controllers of one room, the Room object as far as they see it, and the links between them. */
class Mesh {
  readonly clock = new VirtualClock();
  readonly nodes = new Map<string, MeshNode>();
  directory: Directory = { version: 1, erizos: [], streams: [], holders: [] };
  readonly #work: Promise<unknown>[] = [];

  static async create(key: TicketPrivateKey): Promise<Mesh> {
    const mesh = new Mesh();
    const grant = await signGrant(key, { roomId, serviceId, epoch: 0 }, mesh.clock.now());
    for (const nodeId of ['1', '2', '3']) {
      mesh.nodes.set(nodeId, new MeshNode(mesh, { nodeId, grant, key }));
      mesh.take(nodeId, factsOf(nodeId, []));
    }
    return mesh;
  }

  /** The Room object takes facts of a node and tells all that it reaches. */
  take(nodeId: string, facts: RoomFacts): void {
    const holders = [...this.nodes.keys()];
    const told = withTold(this.directory, [{ nodeId, region: `r${nodeId}`, facts }], {
      mayMove: true,
    });
    this.directory = { ...told, version: this.directory.version + 1, holders };
    for (const node of this.nodes.values()) {
      if (node.linked) {
        node.sharing.directory(this.directory);
      }
    }
  }

  later(work: Promise<unknown>): void {
    this.#work.push(work);
  }

  async settle(): Promise<void> {
    this.clock.advance(defaults.shareAfter_ms);
    while (this.#work.length > 0) {
      await Promise.all(this.#work.splice(0));
    }
  }
}

interface LinkTo {
  readonly to: string;
  readonly from: Pick<Caller, 'nodeId' | 'region'>;
  /** What was said over it is heard in order. */
  last: Promise<unknown>;
}

class MeshNode {
  readonly sharing: RoomSharing;
  readonly #mesh: Mesh;
  readonly #nodeId: string;
  /** Whom it tells, by a link of its own each. */
  readonly tells = new Map<string, LinkTo>();
  linked = true;
  facts: RoomFacts;
  sees: Directory | undefined;

  constructor(mesh: Mesh, options: { nodeId: string; grant: string; key: TicketPrivateKey }) {
    const { nodeId, grant, key } = options;
    this.#mesh = mesh;
    this.#nodeId = nodeId;
    this.facts = factsOf(nodeId, []);
    const keys = { tokenKeys: [], ticketKeys: [publicTicketKey(key)], ticketSecrets: [] };
    const edge = { keys };
    this.sharing = new RoomSharing(
      {
        ...{ clock: mesh.clock, log: pino({ level: 'silent' }), edge },
        members: { node: (id) => ({ region: `r${id}`, controller: id }) as NodeCard },
        neighbours: this.#neighbours(),
      },
      {
        ...{ roomId, nodeId, region: `r${nodeId}` },
        grant: () => grant,
        facts: () => this.facts,
        onDirectory: (directory) => {
          this.sees = directory;
        },
      },
    );
  }

  publish(streams: readonly number[]): void {
    this.facts = factsOf(this.#nodeId, streams);
    this.sharing.changed();
    this.tellEdge();
  }

  goAway(): void {
    this.linked = false;
    this.sharing.away();
  }

  comeBack(): void {
    this.linked = true;
    this.tellEdge();
  }

  tellEdge(): void {
    if (this.linked) {
      this.#mesh.take(this.#nodeId, this.facts);
      this.sharing.known();
    }
  }

  /** Streams and recordings of the others, as its clients see them. */
  others(): string[] {
    const { streams = [], recordings = [] } = this.sees ?? {};
    const isOther = ({ nodeId }: { nodeId: string }): boolean => nodeId !== this.#nodeId;
    return ids({ streams: streams.filter(isOther), recordings: recordings.filter(isOther) });
  }

  #neighbours(): Pick<Neighbours, 'share' | 'unshare'> {
    const mesh = this.#mesh;
    const self = { nodeId: this.#nodeId, region: `r${this.#nodeId}` };
    const say = (link: LinkTo, what: (to: RoomSharing | undefined) => unknown): void => {
      link.last = link.last.then(() => what(mesh.nodes.get(link.to)?.sharing));
      mesh.later(link.last);
    };
    return {
      share: ({ nodeId }, sharing) => {
        const fresh = { to: nodeId, from: { ...self }, last: Promise.resolve() };
        const link = this.tells.get(nodeId) ?? fresh;
        this.tells.set(nodeId, link);
        const said = sharing.say();
        say(link, (to) => to?.shared(link.from, said));
      },
      unshare: ({ nodeId }) => {
        const link = this.tells.get(nodeId);
        this.tells.delete(nodeId);
        if (link !== undefined) {
          const said = this.sharing.say();
          say(link, (to) => to?.shared(link.from, said));
          say(link, (to) => to?.callerLost(link.from));
        }
      },
    };
  }
}

const anyNode = fc.constantFrom('1', '2', '3');
const anyEvent = fc.oneof(
  fc.record({ node: anyNode, what: fc.constantFrom('away', 'back') }),
  fc.record({ node: anyNode, what: fc.uniqueArray(fc.nat(3), { maxLength: 3 }) }),
);

describe('facts that go from node to node', () => {
  it('are those of all where the edge is away from any, and nobody shares any more where it is back', async () => {
    const key = await newTicketKey();
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { maxLength: 12 }), async (events) => {
        const mesh = await Mesh.create(key);
        const nodes = [...mesh.nodes.values()];
        const agree = (): void => {
          for (const node of nodes) {
            const all = nodes.filter((other) => other !== node).flatMap(({ facts }) => ids(facts));
            expect(node.others()).toEqual(all.toSorted());
          }
        };
        for (const { node: id, what } of events) {
          const node = mesh.nodes.get(id);
          if (typeof what !== 'string') {
            node?.publish(what);
          } else if (what === 'away') {
            node?.goAway();
          } else {
            node?.comeBack();
          }
          await mesh.settle();
          agree();
        }
        for (const node of nodes) {
          node.comeBack();
        }
        await mesh.settle();
        agree();
        expect(nodes.map(({ tells }) => tells.size)).toEqual([0, 0, 0]);
        expect(nodes.map(({ sees }) => sees)).toEqual(nodes.map(() => mesh.directory));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a directory with what was told', () => {
  const row = { nodeId: '1', region: 'r1' };
  const base: Directory = {
    version: 7,
    erizos: factsOf('1', []).erizos.map((fact) => ({ ...fact, ...row, since: 3 })),
    streams: factsOf('1', [1]).streams.map((fact) => ({ ...fact, ...row, since: 4 })),
  };

  it('keeps the numbers of what it has and numbers what is new after all of it', () => {
    const facts = factsOf('1', [1, 2]);
    const { erizos, streams } = withTold(base, [{ ...row, facts }], { mayMove: true });
    expect(erizos.map(({ since }) => since)).toEqual([3]);
    expect(streams.map(({ since }) => since)).toEqual([4, 8]);
  });

  it('has nothing of a node but what that node told', () => {
    const facts: RoomFacts = { erizos: [], streams: [] };
    expect(withTold(base, [{ ...row, facts }], { mayMove: true })).toMatchObject({
      erizos: [],
      streams: [],
    });
  });

  it('has a stream where it was that another node claims, unless the same client may have moved', () => {
    const [fact] = factsOf('1', [1]).streams;
    const claimed = (changes: object) => [
      {
        ...{ nodeId: '2', region: 'r2' },
        facts: { erizos: [], streams: fact === undefined ? [] : [{ ...fact, ...changes }] },
      },
    ];
    const ownerOf = (changes: object, mayMove: boolean): string | undefined =>
      withTold(base, claimed(changes), { mayMove }).streams[0]?.nodeId;
    const later = { enteredAt_ms: Number.MAX_SAFE_INTEGER };
    expect(ownerOf(later, false)).toBe('1');
    expect(ownerOf({ ...later, clientId: crypto.randomUUID() }, true)).toBe('1');
    expect(ownerOf(later, true)).toBe('2');
  });

  it('gives a stream that two claim to whom its client came with the newer ticket', () => {
    const [fact] = factsOf('1', [1]).streams;
    const claim = (nodeId: string, enteredAt_ms: number) => ({
      ...{ nodeId, region: `r${nodeId}` },
      facts: { erizos: [], streams: fact === undefined ? [] : [{ ...fact, enteredAt_ms }] },
    });
    for (const told of [
      [claim('2', 20), claim('3', 10)],
      [claim('3', 10), claim('2', 20)],
    ]) {
      expect(withTold(base, told, { mayMove: true }).streams).toMatchObject([{ nodeId: '2' }]);
    }
  });
});
