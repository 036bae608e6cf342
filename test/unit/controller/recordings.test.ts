import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../../nodes/controller/client.ts';
import type { Erizo } from '../../../nodes/controller/erizos.ts';
import { Recordings } from '../../../nodes/controller/recording.ts';
import type { RecordingEnd } from '../../../protocol/contracts/external-media.ts';
import { emptyDirectory } from '../../../protocol/directory.ts';
import type { RoomStream } from '../../../protocol/directory.ts';
import { newStreamId } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { FakeEdge } from '../../fakes/fake-edge.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const self = { nodeId: 'eu-west-1', region: 'eu-west' };
const roomId = 'aaaaaaaaaaaaaaaaaaaaaaaa';
const streamId = '111111111111111111';
const stopped: RecordingEnd = { why: 'stopped', duration_ms: 1_000, size_bytes: 700 };
const stream: RoomStream = {
  ...{ streamId, ...self, since: 1, clientId: 'ann', userName: 'ann', erizoId: 'process' },
  media: { audio: true, video: true, data: false, screen: false, label: '', attributes: {} },
};
/** Who asks, and may. */
const ann = { id: 'ann', demand: () => undefined, gone: false } as unknown as Client;

/** The recordings of a room with one stream in one process, whose answers the test gives. */
async function setUp() {
  const clock = new VirtualClock();
  const edge = await FakeEdge.create(self);
  edge.addRoom(roomId);
  const heard: string[] = [];
  let changes = 0;
  const begun = Promise.withResolvers<null>();
  const answers = new Map<string, Promise<unknown>>([
    ['addExternalOutput', begun.promise],
    ['removeExternalOutput', Promise.resolve(stopped)],
  ]);
  const calls: { recordingId: string }[] = [];
  const call = (method: string, params: { recordingId: string }) => {
    calls.push(params);
    return answers.get(method);
  };
  const rpc = { ended: undefined, call };
  const process = { erizoId: 'process', rpc } as unknown as Erizo;
  const recordings: Recordings = new Recordings(
    {
      ...{ clock, edge },
      parts: {
        ...{ roomId, clock, log: pino({ level: 'silent' }) },
        streams: { get: () => stream, isOwn: () => true, isKnown: () => true },
        erizos: {
          isLive: () => true,
          join: () => process,
          take: () => Promise.resolve(process),
          release: () => undefined,
        },
        grant: () => 'grant',
        routeFor: () => [],
        announce: (event, _message, also) => heard.push(`${event} ${also?.id ?? ''}`.trim()),
        factsChanged: () => (changes += 1),
        clients: () => [],
        client: () => ann,
        directoryChanged: () => Promise.resolve(),
      },
    },
    { nodeId: self.nodeId, onIdle: () => undefined, onNoHolder: () => undefined },
  );
  const start = () => recordings.start(ann, { to: streamId, format: 'mkv' });
  /** Others that are made at another controller. */
  const elsewhere = (count: number): void =>
    recordings.others.learn({
      ...emptyDirectory,
      recordings: Array.from({ length: count }, () => ({
        ...{ recordingId: newStreamId(), streamId, nodeId: 'us-east-1' },
      })),
    });
  return { recordings, heard, begun, calls, start, elsewhere, changes: () => changes };
}

describe('the recordings of a room', () => {
  it('are told to all when the file is written, and no more when it is closed', async () => {
    const { recordings, heard, begun, start, changes } = await setUp();
    const asked = start();
    await Promise.resolve();
    expect([recordings.size, recordings.facts, heard]).toEqual([1, [], []]);
    begun.resolve(null);
    const recordingId = await asked;
    expect([recordings.facts, changes()]).toEqual([[{ recordingId, streamId }], 1]);
    await recordings.stop(ann, { id: recordingId });
    expect([recordings.facts, changes()]).toEqual([[], 2]);
    expect(heard).toEqual(['recording_started ann', 'recording_ended ann']);
  });

  it('are told in their order where one ends before its beginning was answered', async () => {
    const { recordings, heard, begun, start, calls } = await setUp();
    const asked = start();
    await Promise.resolve();
    const { recordingId = '' } = calls[0] ?? {};
    recordings.ended(recordingId, { ...stopped, why: 'ended' });
    expect([recordings.size, heard]).toEqual([1, []]);
    begun.resolve(null);
    expect(await asked).toBe(recordingId);
    expect(heard).toEqual(['recording_started ann', 'recording_ended ann']);
    expect([recordings.size, recordings.facts]).toEqual([0, []]);
  });

  it('are, with those of other controllers, no more than all can be told of', async () => {
    const { begun, recordings, start, elsewhere } = await setUp();
    begun.resolve(null);
    elsewhere(limits.recordingsPerRoom - 1);
    await start();
    expect(recordings.all).toHaveLength(limits.recordingsPerRoom);
    await expect(start()).rejects.toMatchObject({ code: 'overloaded' });
    elsewhere(0);
    for (let here = recordings.size; here < limits.recordingsPerController; here += 1) {
      await start();
    }
    await expect(start()).rejects.toMatchObject({ code: 'overloaded' });
  });
});
