import { buildClient } from './build-client.ts';
import { ensureChromium } from './chromium.ts';
import { ensureFfmpeg } from './ffmpeg.ts';
import { offerFirefox } from './firefox.ts';
import { ensureSecrets } from './secrets.ts';
import { ensureWorker } from './worker/ensure.ts';

/**
 * Sees that all is there that tests and benches run on - worker, secrets, client, and browsers and ffmpeg
 * where they are needed - and resolves with the environment that says where: MEDIASOUP_WORKER_BIN,
 * RIZOMA_CHROMIUM, and RIZOMA_FIREFOX where that can be had.
 */
export async function prepare(needs: {
  readonly browser: boolean;
  readonly firefox: boolean;
  readonly ffmpeg: boolean;
}): Promise<NodeJS.ProcessEnv> {
  ensureSecrets();
  const env: NodeJS.ProcessEnv = { ...process.env, MEDIASOUP_WORKER_BIN: await ensureWorker() };
  if (needs.browser) env['RIZOMA_CHROMIUM'] = await ensureChromium();
  const firefox = needs.firefox ? await offerFirefox() : undefined;
  if (firefox !== undefined) env['RIZOMA_FIREFOX'] = firefox;
  if (needs.ffmpeg) await ensureFfmpeg();
  await buildClient();
  return env;
}
