import { BringUpError } from '../output.ts';
import type { Say } from '../output.ts';
import { aptInstall, findProgram } from '../debian.ts';
import { run } from '../run.ts';

/** Programs that the build runs, with the Debian package that brings each. */
const programs: Readonly<Record<string, string>> = {
  'g++': 'g++',
  gcc: 'gcc',
  strip: 'binutils',
  'pkg-config': 'pkg-config',
  meson: 'meson',
  ninja: 'ninja-build',
  flatc: 'flatbuffers-compiler',
};

/** Libraries by their pkg-config names, with the Debian package that brings each. */
const libraries: Readonly<Record<string, string>> = {
  libuv: 'libuv1-dev',
  openssl: 'libssl-dev',
  libsrtp2: 'libsrtp2-dev',
  flatbuffers: 'libflatbuffers-dev',
  absl_flat_hash_map: 'libabsl-dev',
};

const MESON_MIN = 1.0;

/** Debian packages that are not there yet, each once. */
async function missing(): Promise<string[]> {
  const lacking = new Set<string>();
  for (const [program, name] of Object.entries(programs)) {
    if (findProgram(program) === undefined) lacking.add(name);
  }
  for (const [library, name] of Object.entries(libraries)) {
    if (!(await hasLibrary(library, name))) lacking.add(name);
  }
  return [...lacking];
}

/**
 * Where dpkg is, its word counts: Debian ships the pkg-config file of flatbuffers without its headers
 * too. Elsewhere pkg-config is asked.
 */
async function hasLibrary(library: string, packageName: string): Promise<boolean> {
  const dpkg = findProgram('dpkg-query');
  if (dpkg !== undefined) {
    const status = await run(dpkg, ['-W', '-f', '${db:Status-Status}', packageName]);
    return status.code === 0 && status.output === 'installed';
  }
  const pkgConfig = findProgram('pkg-config');
  return pkgConfig !== undefined && (await run(pkgConfig, ['--exists', library])).code === 0;
}

/** Sees that all that the build needs is there: installs it where that is ours to do. */
export async function ensureToolchain(say: Say): Promise<void> {
  const lacking = await missing();
  if (lacking.length > 0) await aptInstall('Building the mediasoup worker', lacking, say);
  const meson = (await run('meson', ['--version'])).output.trim();
  if (!(Number.parseFloat(meson) >= MESON_MIN)) {
    throw new BringUpError(
      `Building the mediasoup worker needs Meson ${MESON_MIN.toFixed(1)} or later; this system has ` +
        `${meson}. Set MEDIASOUP_WORKER_BIN to a worker built elsewhere, or install a newer Meson.`,
    );
  }
}
