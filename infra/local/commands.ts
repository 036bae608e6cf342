import { delimiter, join } from 'node:path';
import { nodeModulesDir, rootDir } from '../paths.ts';
import type { Region } from '../regions.ts';
import type { Secrets } from '../secrets.ts';
import { clientAddress } from './client-address.ts';
import type { SupervisedOptions } from './supervised.ts';
import { sweep } from './sweep.ts';

/** The host that a part runs on. */
export interface PartHost {
  readonly ip: string;
  /** What a program on it is started through, where that is not this host: words before its own. */
  readonly enter?: readonly string[];
}

/** A region, and the host of its only node. */
export type NodePlace = Pick<Region, 'id' | 'lat' | 'lon'> & PartHost;

/** What the processes of one run share. */
export interface RunSettings {
  readonly runId: string;
  readonly stateDir: string;
  readonly edgeHost: PartHost;
  readonly edgePort: number;
  readonly httpPort: number;
  readonly rpcPort: number;
  readonly mediaPortMin: number;
  readonly mediaPortMax: number;
  readonly prerunProcesses: number;
  readonly maxProcesses: number;
  readonly logLevel: string;
  readonly workerBin: string;
  readonly env: Readonly<Record<string, string>>;
  readonly edgeVars: Readonly<Record<string, string>>;
}

/** The region's only node in local mode. */
export function nodeIdOf(region: NodePlace): string {
  return `${region.id}-1`;
}

export function edgeUrlOf(settings: RunSettings): string {
  return `http://${settings.edgeHost.ip}:${settings.edgePort}`;
}

/** The program and its arguments that start Node with these on a host. */
function nodeOn(host: PartHost, args: readonly string[]): { program: string; args: string[] } {
  const [program = process.execPath, ...rest] = [...(host.enter ?? []), process.execPath, ...args];
  return { program, args: rest };
}

/** Where the secrets of this run stand for wrangler; not on its command line, which others can read. */
export function edgeEnvFile(settings: RunSettings): string {
  return join(settings.stateDir, 'edge.env');
}

function logFile(settings: RunSettings, name: string): string {
  return join(settings.stateDir, 'log', `${name}.log`);
}

function baseEnv(settings: RunSettings): NodeJS.ProcessEnv {
  const bin = join(nodeModulesDir, '.bin');
  const path = [bin, process.env['PATH'] ?? ''].join(delimiter);
  return { ...process.env, PATH: path, ...settings.env, RIZOMA_RUN_ID: settings.runId };
}

/** What every process of the edge was started with. */
export function edgeMark(runId: string): Record<string, string> {
  return { RIZOMA_RUN_ID: runId, RIZOMA_PART: 'edge' };
}

/** The edge under wrangler, quiet, with its own registry so that two runs do not find each other. */
export function edgeCommand(settings: RunSettings): SupervisedOptions {
  const state = (name: string): string => join(settings.stateDir, name);
  return {
    name: 'edge',
    ...nodeOn(settings.edgeHost, [
      // Wrangler only watches over its runtime: it may well be small rather than quick.
      ...['--optimize-for-size', '--max-semi-space-size=2', '--no-warnings'],
      join(nodeModulesDir, 'wrangler', 'wrangler-dist', 'cli.js'),
      'dev',
      ...['--config', join(rootDir, 'wrangler.toml'), '--env-file', edgeEnvFile(settings)],
      ...[
        '--ip',
        settings.edgeHost.ip,
        '--port',
        String(settings.edgePort),
        '--inspector-port',
        '0',
      ],
      ...['--var', `RIZOMA_PUBLIC_URL:${edgeUrlOf(settings)}`],
      ...Object.entries(settings.edgeVars).flatMap(([name, value]) => [
        '--var',
        `${name}:${value}`,
      ]),
      ...['--persist-to', state('edge'), '--local', '--show-interactive-dev-session=false'],
    ]),
    cwd: rootDir,
    env: {
      ...baseEnv(settings),
      ...edgeMark(settings.runId),
      CI: '1',
      NO_COLOR: '1',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_REGISTRY_PATH: state('registry'),
      WRANGLER_LOG_PATH: state('wrangler'),
      // Where a request comes from is known by its headers here; asking the internet delays the start.
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      X_LOCAL_EXPLORER: 'false',
      X_LOCAL_OBSERVABILITY: 'false',
    },
    logFile: logFile(settings, 'edge'),
    // Wrangler's runtime outlives a wrangler that was killed, and holds the port.
    beforeRestart: () => sweep(edgeMark(settings.runId), 0),
  };
}

/** What a node reads from its environment; see nodes/config.ts. */
export function nodeEnv(
  settings: RunSettings,
  region: NodePlace,
  secrets: Secrets,
): Record<string, string> {
  return {
    RIZOMA_NODE_ID: nodeIdOf(region),
    RIZOMA_REGION: region.id,
    RIZOMA_LAT: String(region.lat),
    RIZOMA_LON: String(region.lon),
    RIZOMA_IP: region.ip,
    ...(region.enter === undefined ? clientAddress() : {}),
    RIZOMA_PUBLIC_HOST: `${region.ip}:${settings.httpPort}`,
    RIZOMA_HTTP_PORT: String(settings.httpPort),
    RIZOMA_RPC_PORT: String(settings.rpcPort),
    RIZOMA_EDGE_URL: edgeUrlOf(settings),
    RIZOMA_ENROL_SECRET: secrets.RIZOMA_ENROL_SECRET,
    RIZOMA_ROLES: 'controller,agent',
    RIZOMA_PRERUN_PROCESSES: String(settings.prerunProcesses),
    RIZOMA_MAX_PROCESSES: String(settings.maxProcesses),
    RIZOMA_MEDIA_PORT_MIN: String(settings.mediaPortMin),
    RIZOMA_MEDIA_PORT_MAX: String(settings.mediaPortMax),
    RIZOMA_STATE_DIR: join(settings.stateDir, 'nodes', nodeIdOf(region)),
    RIZOMA_LOG_LEVEL: settings.logLevel,
    RIZOMA_LOG_DIR: join(settings.stateDir, 'log'),
    MEDIASOUP_WORKER_BIN: settings.workerBin,
    ...settings.env,
  };
}

export function nodeCommand(
  settings: RunSettings,
  region: NodePlace,
  secrets: Secrets,
): SupervisedOptions {
  const name = nodeIdOf(region);
  return {
    name,
    // As docs/OPERATIONS.md has it: a node that idles holds 20 MB less for it, of some 130.
    ...nodeOn(region, ['--max-semi-space-size=4', join(rootDir, 'nodes', 'main.ts')]),
    cwd: rootDir,
    env: { ...baseEnv(settings), ...nodeEnv(settings, region, secrets) },
    logFile: logFile(settings, name),
  };
}
