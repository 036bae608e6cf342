import { aptInstall, findProgram } from './debian.ts';
import { BringUpError, say as sayDefault } from './output.ts';
import type { Say } from './output.ts';

/** Sees that ffmpeg and ffprobe are in PATH, installed where they are missing; rejects where they cannot be. */
export async function ensureFfmpeg(say: Say = sayDefault): Promise<void> {
  if (isThere()) return;
  await aptInstall('Recording', ['ffmpeg'], say);
  if (!isThere()) throw new BringUpError('ffmpeg was installed but is not in PATH.');
}

/** The same for who can do without: nodes then run, and refuse to record. */
export async function offerFfmpeg(say: Say = sayDefault): Promise<void> {
  try {
    await ensureFfmpeg(say);
  } catch (error) {
    if (!(error instanceof BringUpError)) throw error;
    say(`${error.message}\nWithout it everything else works; recordings are refused.`);
  }
}

function isThere(): boolean {
  return ['ffmpeg', 'ffprobe'].every((name) => findProgram(name) !== undefined);
}
