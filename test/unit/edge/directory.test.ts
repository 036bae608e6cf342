import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DirectoryEvent, DirectoryState } from '../../../edge/room/directory.ts';
import { directoryStep, emptyDirectoryState } from '../../../edge/room/directory.ts';
import type { Directory, RoomFacts } from '../../../protocol/directory.ts';
import { applyChange, emptyDirectory } from '../../../protocol/directory.ts';
import { limits } from '../../../protocol/limits.ts';

const uuid = (number: number): string =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const streamId = (number: number): string => `1${String(number).padStart(17, '0')}`;
const recordingId = (number: number): string => `2${String(number).padStart(17, '0')}`;
const media = { audio: true, video: true, data: false, screen: false, label: 'x', attributes: {} };

/** Facts of streams, each given as the number of its stream and of its process. */
function facts(erizos: number[], streams: [stream: number, erizo: number][] = []): RoomFacts {
  return {
    erizos: erizos.map((number) => ({
      erizoId: uuid(number),
      endpoint: `tcp://10.0.0.1:${4000 + number}`,
    })),
    streams: streams.map(([stream, erizo]) => ({
      streamId: streamId(stream),
      clientId: uuid(900 + stream),
      erizoId: uuid(erizo),
      userName: 'ann',
      media,
    })),
  };
}

/** The same with recordings, each of the stream of its number. */
const recorded = (said: RoomFacts, recordings: number[]): RoomFacts => ({
  ...said,
  recordings: recordings.map((number) => ({
    recordingId: recordingId(number),
    streamId: streamId(number),
  })),
});

const enter = (nodeId: string, said: RoomFacts, lease = 1): DirectoryEvent => ({
  type: 'enter',
  holder: { nodeId, lease, region: `region-of-${nodeId}`, facts: said },
});
const say = (nodeId: string, said: RoomFacts, lease = 1): DirectoryEvent => ({
  type: 'facts',
  nodeId,
  lease,
  facts: said,
});
const lost = (nodeId: string, lease = 1): DirectoryEvent => ({ type: 'lost', nodeId, lease });

function after(...events: DirectoryEvent[]): DirectoryState {
  return events.reduce((state, event) => directoryStep(state, event).state, emptyDirectoryState);
}

const streamsOf = ({ directory }: DirectoryState): string[] =>
  directory.streams.map((row) => `${Number(row.streamId.slice(1))}@${row.nodeId}`);

const recordingsOf = ({ directory }: DirectoryState): string[] =>
  (directory.recordings ?? []).map((row) => `${Number(row.recordingId.slice(1))}@${row.nodeId}`);

describe('the directory of a room', () => {
  it('tells the other controllers, and not the one that spoke', () => {
    const state = after(enter('a', facts([])), enter('b', facts([])));
    const { effects, change } = directoryStep(state, say('a', facts([1], [[7, 1]])));
    expect(effects).toEqual([{ type: 'push', to: ['b'], change }]);
    expect(change).toMatchObject({ from: 2, version: 3 });
    expect(change.streams.put).toMatchObject([{ nodeId: 'a', region: 'region-of-a', since: 3 }]);
  });

  it('names who holds the room before they use a process, and tells the others who came and went', () => {
    const state = after(enter('a', facts([])));
    expect(state.directory.holders).toEqual(['a']);
    const came = directoryStep(state, enter('b', facts([])));
    expect(came.state.directory.holders).toEqual(['a', 'b']);
    expect(came.effects).toMatchObject([{ to: ['a'], change: { holders: { put: ['b'] } } }]);
    const went = directoryStep(came.state, lost('a'));
    expect(went.effects).toMatchObject([{ to: ['b'], change: { holders: { removed: ['a'] } } }]);
    expect(directoryStep(went.state, say('b', facts([1]))).change).not.toHaveProperty('holders');
  });

  it('gives a stream to whom its client came with the newer ticket, though the other claims it last', () => {
    const claimed = (enteredAt_ms: number): RoomFacts => {
      const { erizos, streams } = facts([1], [[7, 1]]);
      return { erizos, streams: streams.map((stream) => ({ ...stream, enteredAt_ms })) };
    };
    const moved = after(enter('a', claimed(100)), enter('b', facts([])), say('b', claimed(200)));
    expect(streamsOf(moved)).toEqual(['7@b']);
    const old = directoryStep(moved, enter('a', claimed(100), 2)).state;
    expect(streamsOf(old)).toEqual(['7@b']);
    expect(streamsOf(directoryStep(old, say('a', claimed(300), 2)).state)).toEqual(['7@a']);
    expect(streamsOf(directoryStep(old, lost('a', 2)).state)).toEqual(['7@b']);
  });

  it('holds a stream of data, which no process serves', () => {
    const { erizos, streams } = facts([1], [[7, 1]]);
    const data = streams.map(({ erizoId: _none, ...stream }) => stream);
    const state = after(
      enter('a', { erizos, streams: data }),
      say('a', { erizos: [], streams: data }),
    );
    expect(streamsOf(state)).toEqual(['7@a']);
  });

  it('makes no version and tells nobody when the same is said again', () => {
    const said = facts([1], [[7, 1]]);
    const state = after(enter('a', said), enter('b', facts([])));
    const step = directoryStep(state, say('a', said));
    expect(step.effects).toEqual([]);
    expect(step.change).toMatchObject({ from: 2, version: 2, streams: { put: [], removed: [] } });
    expect(directoryStep(state, enter('a', said)).state.directory).toBe(state.directory);
  });

  it('keeps the version in which a row came in while the row stays', () => {
    const state = after(
      enter('a', facts([1], [[7, 1]])),
      say(
        'a',
        facts(
          [1],
          [
            [7, 1],
            [8, 1],
          ],
        ),
      ),
    );
    expect(state.directory.streams.map(({ since }) => since)).toEqual([1, 2]);
  });

  it('lets a stream vanish with its process', () => {
    const state = after(
      enter(
        'a',
        facts(
          [1, 2],
          [
            [7, 1],
            [8, 2],
          ],
        ),
      ),
      say(
        'a',
        facts(
          [2],
          [
            [7, 1],
            [8, 2],
          ],
        ),
      ),
    );
    expect(streamsOf(state)).toEqual(['8@a']);
  });

  it('forgets all that a lost node said, and tells those who stay', () => {
    const state = after(enter('a', facts([1], [[7, 1]])), enter('b', facts([2], [[8, 2]])));
    const step = directoryStep(state, lost('a'));
    expect(streamsOf(step.state)).toEqual(['8@b']);
    expect(step.effects).toMatchObject([{ to: ['b'] }]);
  });

  it('passes over news of a lease that is older than the one a node came back under', () => {
    const state = after(enter('a', facts([1], [[7, 1]]), 1), enter('a', facts([2], [[8, 2]]), 2));
    expect(streamsOf(directoryStep(state, lost('a', 1)).state)).toEqual(['8@a']);
  });

  it('refuses facts of a controller that does not hold the room', () => {
    const state = after(enter('a', facts([]), 2));
    expect(() => directoryStep(state, say('b', facts([])))).toThrow(/enter it first/);
    expect(() => directoryStep(state, say('a', facts([]), 1))).toThrow(/enter it first/);
  });

  const ofOneTicket = ({ erizos, streams }: RoomFacts): RoomFacts => ({
    ...{ erizos, streams: streams.map((stream) => ({ ...stream, enteredAt_ms: 100 })) },
  });

  it('gives a stream that two controllers claim to the newer claim, and back when that one drops it', () => {
    const old = ofOneTicket(facts([1], [[7, 1]]));
    const taken = ofOneTicket(facts([2], [[7, 2]]));
    const state = after(enter('a', old), enter('b', taken), say('a', old));
    expect(streamsOf(state)).toEqual(['7@b']);
    expect(streamsOf(directoryStep(state, lost('b')).state)).toEqual(['7@a']);
  });

  it('leaves a stream where it is that another controller claims with no ticket, or with one of another client', () => {
    const old = facts([1], [[7, 1]]);
    const claim = facts([2], [[7, 2]]);
    const ofAnother = {
      ...claim,
      streams: claim.streams.map((one) => ({ ...one, clientId: uuid(9), enteredAt_ms: 100 })),
    };
    for (const claimed of [claim, ofAnother]) {
      const state = after(enter('a', old), enter('b', claimed), say('b', claimed));
      expect(streamsOf(state)).toEqual(['7@a']);
      expect(streamsOf(directoryStep(state, lost('a')).state)).toEqual(['7@b']);
    }
  });

  it('leaves a process that two controllers use with the first until it drops it', () => {
    const state = after(enter('a', facts([1])), enter('b', facts([1])));
    expect(state.directory.erizos.map(({ nodeId }) => nodeId)).toEqual(['a']);
    const next = directoryStep(state, lost('a')).state.directory.erizos;
    expect(next).toMatchObject([{ nodeId: 'b', since: 1 }]);
  });

  it('has room for so many streams: the first ones stay, and all else of a controller is taken', () => {
    const many = Array.from({ length: limits.streamsPerRoom }, (_, at): [number, number] => [
      at,
      1,
    ]);
    const state = after(enter('a', facts([1], many)), enter('b', facts([2], [[5000, 2]])));
    expect(state.directory.streams).toHaveLength(limits.streamsPerRoom);
    expect(streamsOf(state)).not.toContain('5000@b');
    expect(state.directory.holders).toEqual(['a', 'b']);
    const later = directoryStep(state, say('a', facts([1], many.slice(1)))).state;
    expect(streamsOf(later)).toContain('5000@b');
  });

  it('leaves out a stream whose attributes have no room, and no other', () => {
    const large = (said: RoomFacts): RoomFacts => ({
      ...said,
      streams: said.streams.map((stream) => ({
        ...stream,
        media: { ...stream.media, attributes: { text: 'ж'.repeat(8 * 1024) } },
      })),
    });
    const streams = Array.from({ length: 60 }, (_, at): [number, number] => [at, 1]);
    const state = after(
      enter('a', large(facts([1], streams))),
      enter('b', facts([2], [[5000, 2]])),
    );
    const count = streamsOf(state).length;
    expect(count).toBeGreaterThan(30);
    expect(count).toBeLessThan(46);
    expect(streamsOf(state)).toContain('5000@b');
    expect(JSON.stringify(state.directory).length).toBeLessThan(limits.frameSize_bytes);
  });
});

describe('recordings in the directory of a room', () => {
  it('are told to the other controllers when they begin, and when they are over', () => {
    const state = after(enter('a', facts([])), enter('b', facts([])));
    const begun = directoryStep(state, say('a', recorded(facts([]), [7])));
    expect(begun.effects).toMatchObject([
      { to: ['b'], change: { recordings: { put: [{ nodeId: 'a', streamId: streamId(7) }] } } },
    ]);
    const over = directoryStep(begun.state, say('a', facts([])));
    expect(over.effects).toMatchObject([
      { to: ['b'], change: { recordings: { put: [], removed: [recordingId(7)] } } },
    ]);
    expect(over.state.directory).not.toHaveProperty('recordings');
  });

  it('are known to who enters, and over with the node that is lost', () => {
    const state = after(enter('a', recorded(facts([]), [7])), enter('b', facts([])));
    expect(recordingsOf(state)).toEqual(['7@a']);
    expect(recordingsOf(directoryStep(state, lost('a')).state)).toEqual([]);
  });

  it('make no version where nothing of them changes', () => {
    const said = recorded(facts([]), [7, 8]);
    const state = after(enter('a', said));
    expect(directoryStep(state, say('a', said)).state.directory).toBe(state.directory);
  });

  it('are as many as it has room for: those that were there stay', () => {
    const many = Array.from({ length: limits.recordingsPerRoom - 1 }, (_, at) => at);
    const state = after(
      enter('a', facts([])),
      enter('b', recorded(facts([]), many)),
      say('a', recorded(facts([]), [5001, 5002])),
    );
    expect(state.directory.recordings).toHaveLength(limits.recordingsPerRoom);
    expect(recordingsOf(state)).toContain('5001@a');
    expect(recordingsOf(state)).not.toContain('5002@a');
    const later = directoryStep(state, say('b', recorded(facts([]), many.slice(1)))).state;
    expect(recordingsOf(later)).toContain('5002@a');
  });
});

const anyFacts = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 4 })),
    fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }))),
    fc.uniqueArray(fc.integer({ min: 1, max: 4 })),
  )
  .map(([erizos, streams, recordings]) => recorded(facts(erizos, streams), recordings));
const anyNode = fc.constantFrom('a', 'b', 'c');
const anyLease = fc.integer({ min: 1, max: 2 });
const anyEvent = fc.oneof(
  fc.tuple(anyNode, anyFacts, anyLease).map(([n, said, lease]) => enter(n, said, lease)),
  fc.tuple(anyNode, anyFacts, anyLease).map(([n, said, lease]) => say(n, said, lease)),
  fc.tuple(anyNode, anyLease).map(([n, lease]) => lost(n, lease)),
);

describe('any history of a room', () => {
  it('brings whoever applies the changes to the same directory, one version a change', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        let state = emptyDirectoryState;
        let copy: Directory = emptyDirectory;
        for (const event of events) {
          const refused =
            event.type === 'facts' &&
            !state.holders.some((one) => one.nodeId === event.nodeId && one.lease === event.lease);
          if (refused) {
            continue;
          }
          const { state: next, change } = directoryStep(state, event);
          expect(change.version - change.from).toBeLessThanOrEqual(1);
          copy = applyChange(copy, change) ?? emptyDirectory;
          state = next;
          expect(byId(copy)).toEqual(byId(state.directory));
          const holders = new Set(state.holders.map(({ nodeId }) => nodeId));
          const erizos = new Set(state.directory.erizos.map(({ erizoId }) => erizoId));
          for (const stream of state.directory.streams) {
            expect(holders.has(stream.nodeId) && erizos.has(stream.erizoId ?? '')).toBe(true);
          }
        }
      }),
    );
  });
});

function byId({ version, erizos, streams, recordings = [], holders = [] }: Directory): unknown {
  return {
    version,
    holders: new Set(holders),
    erizos: new Map(erizos.map((row) => [row.erizoId, row])),
    streams: new Map(streams.map((row) => [row.streamId, row])),
    recordings: new Map(recordings.map((row) => [row.recordingId, row])),
  };
}
