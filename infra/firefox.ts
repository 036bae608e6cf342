import { aptInstall, findProgram, installCommand, isExecutable } from './debian.ts';
import { BringUpError, say as sayDefault } from './output.ts';
import type { Say } from './output.ts';

/** Debian's package, and Mozilla's; Ubuntu's of either name is a snap, which shares no files with us. */
const names = ['firefox-esr', 'firefox'];

function findFirefox(): string | undefined {
  for (const name of names) {
    const file = findProgram(name);
    if (file !== undefined) return file;
  }
  return undefined;
}

/**
 * Path of a Firefox for the browser tests: RIZOMA_FIREFOX, else the system's, else installed; undefined where
 * it cannot be had. The tests that need it are skipped then, and it is said how to get it.
 */
export async function offerFirefox(say: Say = sayDefault): Promise<string | undefined> {
  const given = process.env['RIZOMA_FIREFOX'];
  if (given !== undefined && given !== '') {
    if (isExecutable(given)) return given;
    throw new BringUpError(`RIZOMA_FIREFOX (${given}) is no executable file.`);
  }
  const present = findFirefox();
  if (present !== undefined) return present;
  try {
    await aptInstall('The tests with Firefox', ['firefox-esr'], say);
  } catch (error) {
    if (!(error instanceof BringUpError)) throw error;
    say(`${error.message}\nWithout it everything else is tested; its own tests are skipped.`);
    return undefined;
  }
  const installed = findFirefox();
  if (installed === undefined) {
    say(
      `firefox-esr was installed but is not in PATH. By hand: ${installCommand(['firefox-esr'])}`,
    );
  }
  return installed;
}
