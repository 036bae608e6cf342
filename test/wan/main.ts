import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { BringUpError, runCommand, say } from '../../infra/output.ts';
import { rootDir } from '../../infra/paths.ts';
import { onStopRequest } from '../../infra/stop-request.ts';
import { formatTable } from '../../infra/table.ts';
import { obey } from './command.ts';
import type { Matrix, MatrixRegion } from './matrix.ts';
import { chooseRegions, measuredMatrix, readMatrix, wayBetween } from './matrix.ts';
import { clientHost, nodeHost, WanSystem } from './system.ts';

const USAGE = 'Usage: npm run mesh [-- --matrix FILE --regions 6 --last-mile 10]';

interface MeshOptions {
  readonly matrix: Matrix;
  readonly regions: readonly MatrixRegion[];
  readonly lastMile_ms: number;
}

function parseOptions(args: string[]): MeshOptions {
  try {
    const { values } = parseArgs({
      args,
      options: {
        matrix: { type: 'string', default: measuredMatrix },
        regions: { type: 'string', default: '3' },
        'last-mile': { type: 'string', default: '10' },
      },
    });
    const matrix = readMatrix(values.matrix);
    const lastMile_ms = Number(values['last-mile']);
    if (!(lastMile_ms >= 0)) {
      throw new BringUpError(`--last-mile ${values['last-mile']} is no number of milliseconds`);
    }
    return { matrix, regions: chooseRegions(matrix, values.regions), lastMile_ms };
  } catch (error) {
    if (error instanceof BringUpError) throw error;
    throw new BringUpError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function tables(mesh: WanSystem, { matrix, regions }: MeshOptions): string[] {
  const nodes = regions.map(({ id }) => [
    id,
    mesh.wan.host(nodeHost(id)).ip,
    mesh.wan.host(clientHost(id)).ip,
    `sudo ${mesh.client(id).enter.join(' ')}`,
  ]);
  const ways = regions.map(({ id }) => [
    id,
    ...regions.map((other) => String(wayBetween(matrix, id, other.id).rtt_ms)),
  ]);
  return [
    ...formatTable(['region', 'node', 'clients', 'a program where the clients are'], nodes),
    '',
    'Round trips between the regions, in ms:',
    ...formatTable(['', ...regions.map(({ id }) => id)], ways),
  ];
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const stop = Promise.withResolvers<void>();
  const stopping = new AbortController();
  onStopRequest(() => {
    say('\nStopping ...');
    stopping.abort();
    stop.resolve();
  });
  const stateDir = join(rootDir, '.rizoma', 'mesh');
  try {
    await using mesh = await WanSystem.create({ ...options, stateDir, signal: stopping.signal });
    const { edgeUrl } = mesh.system;
    say('');
    for (const line of tables(mesh, options)) say(line);
    say(
      `\nThe edge is ${edgeUrl}. A browser where the clients of a region are needs the words of the`,
    );
    say(
      `table and --unsafely-treat-insecure-origin-as-secure=${edgeUrl} for its camera. Logs are in`,
    );
    say(
      `${stateDir}/log. Type "link A B RTT_MS [JITTER_MS [LOSS]]", "cut A B" or "heal A B" to change`,
    );
    say('the ways between hosts (node-REGION, client-REGION, edge). Ctrl-C stops everything.');
    createInterface({ input: process.stdin }).on('line', (line) => void obey(mesh.wan, line, say));
    await stop.promise;
    process.stdin.destroy();
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
  say('Everything has stopped.');
  return 0;
}

await runCommand(main);
