import { buildClient } from './build-client.ts';
import { ensureChromium } from './chromium.ts';
import { ensureFfmpeg } from './ffmpeg.ts';
import { ensureSecrets } from './secrets.ts';
import { ensureWorker } from './worker/ensure.ts';

/**
 * Sees that all is there that tests and benches run on - worker, secrets, client, and a browser and ffmpeg
 * where they are needed - and resolves with the environment that says where: MEDIASOUP_WORKER_BIN, RIZOMA_CHROMIUM.
 */
export async function prepare(needs: {
  readonly browser: boolean;
  readonly ffmpeg: boolean;
}): Promise<NodeJS.ProcessEnv> {
  ensureSecrets();
  const env: NodeJS.ProcessEnv = { ...process.env, MEDIASOUP_WORKER_BIN: await ensureWorker() };
  if (needs.browser) env['RIZOMA_CHROMIUM'] = await ensureChromium();
  if (needs.ffmpeg) await ensureFfmpeg();
  await buildClient();
  return env;
}
