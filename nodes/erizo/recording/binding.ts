import { open } from 'node:fs/promises';
import * as v from 'valibot';
import { RoomId, ServiceId, StreamId } from '../../../protocol/ids.ts';
import { parseJson } from '../../../protocol/parse.ts';
import { recordingDefaults } from './defaults.ts';

/**
 * Whose a recording is: it stands as JSON beside the file, and only rooms of that service play it. Room and stream are for
 * people who look at the folder.
 */
export const RecordingBinding = v.object({
  serviceId: ServiceId,
  roomId: RoomId,
  streamId: StreamId,
});

export type RecordingBinding = v.InferOutput<typeof RecordingBinding>;

/** Undefined where there is none, or what is there says nothing of the kind. */
export async function readBinding(file: string): Promise<RecordingBinding | undefined> {
  const length = recordingDefaults.binding_bytes;
  try {
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return parseJson(RecordingBinding, buffer.toString('utf8', 0, bytesRead), 'binding');
  } catch {
    return undefined;
  }
}
