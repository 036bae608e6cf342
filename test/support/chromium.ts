import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserServer } from 'playwright-core';
import { chromium } from 'playwright-core';

export interface ChromiumOptions {
  /** The words that start a program where the browser is to run, where that is another host. */
  enter?: readonly string[];
  /** An origin without TLS whose pages may have the camera, as loopback's always may. */
  secureOrigin?: string;
}

/**
 * A real Chromium with a fake camera and microphone. It shows its host candidates, since the nodes
 * of a local system are on loopback, and keeps away from the internet.
 */
export async function launchChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const { enter, secureOrigin } = options;
  const started = enter === undefined ? undefined : startedThrough(enter, program());
  try {
    return await chromium.launch({
      executablePath: started?.file ?? program(),
      args: argumentsFor(secureOrigin),
    });
  } finally {
    started?.remove();
  }
}

/** The same for several processes, which connect to it at `wsEndpoint()`. */
export function launchChromiumServer(): Promise<BrowserServer> {
  // Of the processes that connect, one that ends takes no more than its own pages with it.
  return chromium.launchServer({
    host: '127.0.0.1',
    executablePath: program(),
    args: argumentsFor(undefined),
  });
}

export function connectChromium(wsEndpoint: string): Promise<Browser> {
  return chromium.connect(wsEndpoint);
}

function program(): string {
  return process.env['RIZOMA_CHROMIUM'] ?? '/usr/bin/chromium';
}

function argumentsFor(secureOrigin: string | undefined): string[] {
  return [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // Half of its usual frame rate, and of what encoding and decoding cost: no test looks at the rate.
    '--use-fake-device-for-media-stream=fps=10',
    '--use-fake-ui-for-media-stream',
    // Nobody listens; what is heard is read from the statistics.
    '--mute-audio',
    '--autoplay-policy=no-user-gesture-required',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
    ...(secureOrigin === undefined
      ? []
      : [`--unsafely-treat-insecure-origin-as-secure=${secureOrigin}`]),
  ];
}

/** Playwright takes one program and no words before it: a script that stands for them. */
function startedThrough(enter: readonly string[], command: string) {
  const dir = mkdtempSync(join(tmpdir(), 'rizoma-chromium-'));
  const file = join(dir, 'chromium');
  writeFileSync(file, `#!/bin/sh\nexec ${[...enter, command].join(' ')} "$@"\n`, { mode: 0o755 });
  return { file, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
