import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { BringUpError } from './output.ts';

/**
 * Sees that a folder of programs that we run is there and ours alone: whoever could write to it could have us run theirs.
 * One that others could write to until now is refused, as nobody knows what they put there.
 */
export function ensurePrivateDir(dir: string, ownUid = process.getuid?.()): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(dir);
  if (uid !== ownUid) {
    throw new BringUpError(
      `${dir} belongs to another user, who could put programs there that would be run: ` +
        'set RIZOMA_CACHE to a folder of your own.',
    );
  }
  if ((mode & 0o022) !== 0) {
    throw new BringUpError(
      `Others may write to ${dir}, where programs are that are run: ` +
        'remove the folder and start again, and what was in it is made again.',
    );
  }
  if ((mode & 0o077) !== 0) chmodSync(dir, 0o700);
}
