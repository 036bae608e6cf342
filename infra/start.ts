import { parseArgs } from 'node:util';
import { buildClient } from './build-client.ts';
import { startLocal } from './local.ts';
import type { LocalSystem } from './local.ts';
import { offerFfmpeg } from './ffmpeg.ts';
import { BringUpError, runCommand, say } from './output.ts';
import { defaultRegions, selectRegions } from './regions.ts';
import type { LocalRegion } from './regions.ts';
import { ensureSecrets } from './secrets.ts';
import { formatTable } from './table.ts';
import { onStopRequest } from './stop-request.ts';
import { ensureWorker } from './worker/ensure.ts';

interface StartOptions {
  readonly regions: readonly LocalRegion[];
  readonly port: number;
  readonly addressBase: number;
}

const USAGE = 'Usage: npm start [-- --regions eu-west,us-east --port 8787 --address-base 0]';
const DEFAULT_PORT = '8787';

function parseOptions(args: string[]): StartOptions {
  try {
    const { values } = parseArgs({
      args,
      options: {
        regions: { type: 'string', default: defaultRegions.join(',') },
        port: { type: 'string', default: DEFAULT_PORT },
        'address-base': { type: 'string', default: '0' },
      },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new BringUpError(`--port ${values.port} is not a port number`);
    }
    const addressBase = Number(values['address-base']);
    if (!Number.isInteger(addressBase) || addressBase < 0 || addressBase > 255) {
      throw new BringUpError(
        `--address-base ${values['address-base']} is not a number from 0 to 255`,
      );
    }
    return { regions: selectRegions(values.regions.split(','), addressBase), port, addressBase };
  } catch (error) {
    if (error instanceof BringUpError) throw error;
    throw new BringUpError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

async function regionTable(
  system: LocalSystem,
  regions: readonly LocalRegion[],
): Promise<string[]> {
  const states = await system.regionStates();
  const rows = system.nodes.map((node) => {
    const place = regions.find((region) => region.id === node.region);
    return [
      node.region,
      place === undefined ? '' : `${place.name}, ${place.country}`,
      node.httpUrl,
      String(system.erizoPids(node.region).length),
      states.get(node.region) ?? 'unknown',
    ];
  });
  return formatTable(['region', 'place', 'controller', 'ErizoJS', 'state'], rows);
}

async function main(): Promise<number> {
  const { regions, port, addressBase } = parseOptions(process.argv.slice(2));
  const began_ms = performance.now();
  ensureSecrets();
  await ensureWorker();
  await offerFfmpeg();
  await buildClient();
  const stop = new AbortController();
  onStopRequest(() => {
    say('\nStopping ...');
    stop.abort();
  });
  const ids = regions.map((region) => region.id);
  try {
    await using system = await startLocal({
      ...{ regions: ids, edgePort: port, addressBase },
      signal: stop.signal,
    });
    for (const line of await regionTable(system, regions)) say(line);
    const seconds = ((performance.now() - began_ms) / 1000).toFixed(1);
    say(`\nReady after ${seconds} s. Open ${system.edgeUrl}/?room=demo&name=ann`);
    say(`Logs are in ${system.stateDir}/log. Ctrl-C stops everything.`);
    await aborted(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  say('Everything has stopped.');
  return 0;
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

await runCommand(main);
