import { accessSync, constants } from 'node:fs';
import type { Browser } from 'puppeteer-core';
import { launch } from 'puppeteer-core';

/** Where Firefox is, as the set-up found it; undefined where there is none. */
export function findFirefox(): string | undefined {
  const program = process.env['RIZOMA_FIREFOX'] ?? '/usr/bin/firefox-esr';
  try {
    accessSync(program, constants.X_OK);
    return program;
  } catch {
    return undefined;
  }
}

/**
 * A real Firefox as its makers ship it, over WebDriver BiDi, with a fake camera and microphone. It uses
 * loopback, where the nodes of a local system are, and plays sound without a click.
 */
export function launchFirefox(program: string): Promise<Browser> {
  return launch({
    browser: 'firefox',
    executablePath: program,
    defaultViewport: { width: 960, height: 640 },
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0,
      // It would fetch codecs from the internet otherwise.
      'media.gmp-manager.updateEnabled': false,
    },
  });
}
