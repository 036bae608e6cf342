import { describe, expect, it } from 'vitest';
import { OtherRecordings } from '../../../nodes/controller/other-recordings.ts';
import type { RoomRecording } from '../../../protocol/directory.ts';
import { emptyDirectory } from '../../../protocol/directory.ts';

const here = 'eu-west-1';
const there = 'us-east-1';
const rowOf = (number: number, nodeId = there): RoomRecording => ({
  recordingId: `1${String(number).padStart(17, '0')}`,
  streamId: '211111111111111111',
  nodeId,
});
const told = ({ recordingId: id, streamId }: RoomRecording, event: string): unknown => [
  event,
  { id, streamId },
];

function setUp(): { recordings: OtherRecordings; heard: unknown[] } {
  const heard: unknown[] = [];
  const announce = (event: string, message: unknown): void => void heard.push([event, message]);
  return { recordings: new OtherRecordings({ announce }, { nodeId: here }), heard };
}

describe('recordings at other controllers', () => {
  it('are told when the directory has them, and when it has them no more, once each', () => {
    const { recordings, heard } = setUp();
    const [first, second] = [rowOf(1), rowOf(2, 'ap-south-1')];
    recordings.learn({ ...emptyDirectory, recordings: [first] });
    recordings.learn({ ...emptyDirectory, version: 2, recordings: [{ ...first }, second] });
    recordings.learn({ ...emptyDirectory, version: 3, recordings: [second] });
    recordings.learn({ ...emptyDirectory, version: 4 });
    expect(heard).toEqual([
      told(first, 'recording_started'),
      told(second, 'recording_started'),
      told(first, 'recording_ended'),
      told(second, 'recording_ended'),
    ]);
  });

  it('are there for who comes meanwhile', () => {
    const { recordings } = setUp();
    recordings.learn({ ...emptyDirectory, recordings: [rowOf(1), rowOf(2)] });
    expect(recordings.all).toEqual([rowOf(1), rowOf(2)]);
    recordings.learn(emptyDirectory);
    expect(recordings.all).toEqual([]);
  });

  it('are not those that the directory has of this node, maybe of an earlier run', () => {
    const { recordings, heard } = setUp();
    recordings.learn({ ...emptyDirectory, recordings: [rowOf(1, here)] });
    expect([recordings.size, heard]).toEqual([0, []]);
  });
});
