import { aptInstall, findProgram, isExecutable } from './debian.ts';
import { BringUpError, say as sayDefault } from './output.ts';
import type { Say } from './output.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function findChromium(): string | undefined {
  for (const name of names) {
    const file = findProgram(name);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Path of a Chromium for the browser tests: RIZOMA_CHROMIUM, else the system's, else installed. */
export async function ensureChromium(say: Say = sayDefault): Promise<string> {
  const given = process.env['RIZOMA_CHROMIUM'];
  if (given !== undefined && given !== '') {
    if (isExecutable(given)) return given;
    throw new BringUpError(`RIZOMA_CHROMIUM (${given}) is no executable file.`);
  }
  const present = findChromium();
  if (present !== undefined) return present;
  await aptInstall('The browser tests', ['chromium'], say);
  const installed = findChromium();
  if (installed === undefined) throw new BringUpError('chromium was installed but is not in PATH.');
  return installed;
}
