import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One change of one place in the worker's source. */
export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

export const patches: readonly Patch[] = [
  // Debian 12 has Meson 1.0, and nothing in the build needs 1.1.
  { file: 'meson.build', find: "meson_version: '>= 1.1.0'", put: "meson_version: '>= 1.0.0'" },
  // The BIO callback has to hand back the result of every returning operation, not only of writes: an
  // OpenSSL with kernel TLS, as Debian's is, asks the BIO whether it does kernel TLS, takes the 1 for a
  // yes, allocates no write buffer and crashes on the first ServerHello.
  {
    file: 'src/RTC/DtlsTransport.cpp',
    find: '(operationType == BIO_CB_RETURN) ? static_cast<long>(ret) : 1',
    put: '((operationType & BIO_CB_RETURN) != 0) ? static_cast<long>(ret) : 1',
  },
];

/** The text with the patch applied; fails unless its place occurs exactly once. */
export function applyPatch(text: string, patch: Patch): string {
  const parts = text.split(patch.find);
  if (parts.length !== 2) {
    throw new Error(
      `${patch.file} has ${parts.length - 1} places like "${patch.find}" where one was expected; ` +
        'look at what this mediasoup version changed there and adapt infra/worker/patches.ts',
    );
  }
  return parts.join(patch.put);
}

export function patchSources(workerDir: string): void {
  for (const patch of patches) {
    const file = join(workerDir, patch.file);
    writeFileSync(file, applyPatch(readFileSync(file, 'utf8'), patch));
  }
}
