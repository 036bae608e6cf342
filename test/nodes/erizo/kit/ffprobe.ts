import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { parseJson } from '../../../../protocol/parse.ts';

const run = promisify(execFile);

const seconds = v.pipe(v.string(), v.transform(Number));

const Probed = v.object({
  streams: v.array(
    v.object({
      codec_type: v.string(),
      codec_name: v.string(),
      width: v.optional(v.number()),
      nb_read_frames: v.optional(v.pipe(v.string(), v.transform(Number))),
    }),
  ),
  format: v.object({ format_name: v.string(), duration: v.optional(seconds) }),
  frames: v.optional(
    v.array(
      v.object({
        media_type: v.string(),
        key_frame: v.optional(v.number()),
        best_effort_timestamp_time: v.optional(seconds),
      }),
    ),
    [],
  ),
});

export type Probed = v.InferOutput<typeof Probed>;

/** What ffprobe finds in a file when it decodes all of it. Rejects where it cannot be read. */
export async function probe(file: string): Promise<Probed> {
  const { stdout } = await run(
    'ffprobe',
    [
      ...['-v', 'error', '-of', 'json', '-count_frames', '-show_format', '-show_streams'],
      ...['-show_frames', '-show_entries', 'frame=media_type,key_frame,best_effort_timestamp_time'],
      file,
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  return parseJson(Probed, stdout, 'ffprobe');
}

/** Decoded frames of one kind, in seconds from the beginning. */
export function timesOf(probed: Probed, kind: 'audio' | 'video'): number[] {
  return probed.frames.flatMap(({ media_type, best_effort_timestamp_time: time }) =>
    media_type === kind && time !== undefined ? [time] : [],
  );
}
