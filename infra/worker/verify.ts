import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { run } from '../run.ts';

/** The worker's own answer to being started by somebody else than mediasoup's Node library. */
const EXIT_WITHOUT_VERSION = 41;

/** A binary that loads answers at once; one on a strained machine within this time. */
const VERIFY_TIMEOUT_MS = 10_000;

/**
 * Why a file is no worker for this machine, or undefined when it is one. Started without
 * MEDIASOUP_VERSION a worker exits with 41 before it does anything, which shows that it is one and that
 * the loader found every library of the right version.
 */
export async function whyNotWorker(file: string): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(VERIFY_TIMEOUT_MS);
    const { code, output } = await run(file, [], { env: {}, signal });
    if (code === EXIT_WITHOUT_VERSION) return undefined;
    return `it exits with ${code ?? 'a signal'} where a worker exits with 41${output === '' ? '' : `: ${output}`}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
