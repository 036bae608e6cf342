import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { RizomaError } from '../../../protocol/errors.ts';
import { parseJson } from '../../../protocol/parse.ts';
import type { MediaKind } from '../media.ts';
import { inputDefaults } from './defaults.ts';

const Answer = v.object({
  streams: v.array(v.object({ codec_type: v.string(), codec_name: v.optional(v.string(), '') })),
});

/** The first track of each kind that a source has, by its codec as ffmpeg calls it. */
export type Probed = Partial<Record<MediaKind, string>>;

/** Throws `unavailable` where it cannot be opened, or has neither sound nor picture. */
export async function probe(args: readonly string[], signal: AbortSignal): Promise<Probed> {
  const shown = ['-v', 'error', '-of', 'json', '-show_entries', 'stream=codec_type,codec_name'];
  const codecOf = (answer: v.InferOutput<typeof Answer>, kind: MediaKind): string | undefined =>
    answer.streams.find(({ codec_type }) => codec_type === kind)?.codec_name;
  try {
    const { stdout } = await promisify(execFile)('ffprobe', [...shown, ...args], {
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      timeout: inputDefaults.probe_ms,
      killSignal: 'SIGKILL',
      maxBuffer: inputDefaults.probe_bytes,
      signal,
    });
    const answer = parseJson(Answer, stdout, 'ffprobe');
    const [audio, video] = [codecOf(answer, 'audio'), codecOf(answer, 'video')];
    if (audio !== undefined || video !== undefined) {
      return {
        ...(audio === undefined ? {} : { audio }),
        ...(video === undefined ? {} : { video }),
      };
    }
  } catch (cause) {
    throw new RizomaError('unavailable', 'the source cannot be opened', { cause });
  }
  throw new RizomaError('unavailable', 'the source has neither sound nor picture');
}
