import { join, resolve } from 'node:path';
import { systemClock } from '../protocol/clock.ts';
import { newUuid } from '../protocol/ids.ts';
import { claimState } from './local/claim.ts';
import { edgeCommand, edgeEnvFile, nodeCommand, nodeIdOf } from './local/commands.ts';
import type { NodePlace, PartHost, RunSettings } from './local/commands.ts';
import { checkPortsFree } from './local/ports.ts';
import type { Port } from './local/ports.ts';
import { prepareStateDir } from './local/state-dir.ts';
import { Supervised } from './local/supervised.ts';
import { LocalSystem } from './local/system.ts';
import { say as sayDefault } from './output.ts';
import type { Say } from './output.ts';
import { rootDir } from './paths.ts';
import { defaultRegions, selectRegions } from './regions.ts';
import { ensureSecrets, formatSecrets, writePrivately } from './secrets.ts';
import type { Secrets } from './secrets.ts';
import { ensureWorker } from './worker/ensure.ts';

export { LocalSystem } from './local/system.ts';
export type { LocalNode } from './local/system.ts';
export type { NodePlace, PartHost } from './local/commands.ts';

export interface LocalOptions {
  /** Names of known regions, or regions with the hosts that their nodes are to run on. */
  readonly regions?: readonly string[] | readonly NodePlace[];
  /** Default: 127.0.0.1. */
  readonly edgeHost?: PartHost;
  readonly edgePort?: number;
  /** Nodes listen on 127.<addressBase>.<n>.1, so that two systems can stand side by side. */
  readonly addressBase?: number;
  /** Of each node's controller: socket.io, health, metrics. */
  readonly httpPort?: number;
  /** Of each node's ZeroMQ RPC. */
  readonly rpcPort?: number;
  readonly mediaPortMin?: number;
  readonly mediaPortMax?: number;
  /** The edge's storage, the logs and the record of the run. */
  readonly stateDir?: string;
  /** ErizoJS processes that each agent keeps ready, and the most that it starts. */
  readonly prerunProcesses?: number;
  readonly maxProcesses?: number;
  readonly logLevel?: string;
  /** Added to the environment of every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Variables of the edge beside its secrets: `RIZOMA_ADDRESS_RATE`. */
  readonly edgeVars?: Readonly<Record<string, string>>;
  /** Default: those of the checkout's .dev.vars, which is made where it is missing. */
  readonly secrets?: Secrets;
  readonly say?: Say;
  /** Cuts a start short; whatever was started is stopped again. */
  readonly signal?: AbortSignal;
}

const defaults = {
  edgeHost: { ip: '127.0.0.1' },
  edgePort: 8787,
  addressBase: 0,
  httpPort: 8080,
  rpcPort: 9000,
  // Below the range that Linux takes outgoing ports from, 32768 to 60999.
  mediaPortMin: 20_000,
  mediaPortMax: 29_999,
  stateDir: join(rootDir, '.rizoma'),
  // One that takes the first client at once, and one more while that is being replaced.
  prerunProcesses: 2,
  maxProcesses: 8,
  logLevel: 'info',
  env: {},
  edgeVars: {},
} as const;

/**
 * Brings the whole system up, on loopback unless hosts are given, and resolves when all of it is healthy: the edge answers, each
 * node answers, and the edge knows every region. Fails, with nothing left running, when a port is taken
 * (naming its holder) or a part does not become healthy within 60 s (naming it, with the end of its log).
 */
export async function startLocal(options: LocalOptions = {}): Promise<LocalSystem> {
  const say = options.say ?? sayDefault;
  const regions = placesOf(options);
  const secrets = options.secrets ?? ensureSecrets();
  const settings = settingsOf(options, await ensureWorker(say));
  const release = await claimState(settings.stateDir, settings.runId, say);
  try {
    await checkPortsFree(portsOf(settings, regions));
    prepareState(settings, secrets);
  } catch (error) {
    release();
    throw error;
  }
  const system = compose(settings, regions, secrets, { say, release });
  try {
    await system.start(options.signal);
    return system;
  } catch (error) {
    await system.stop();
    throw error;
  }
}

function settingsOf(options: LocalOptions, workerBin: string): RunSettings {
  const { regions, addressBase, secrets, say, signal, ...given } = options;
  const merged = { ...defaults, ...given };
  return { ...merged, stateDir: resolve(merged.stateDir), runId: newUuid(), workerBin };
}

function placesOf({ regions = defaultRegions, addressBase }: LocalOptions): NodePlace[] {
  const names = regions.filter((region) => typeof region === 'string');
  const places = regions.filter((region) => typeof region !== 'string');
  return places.length > 0 ? places : selectRegions(names, addressBase);
}

/** Those on this host; another one has nothing on it yet. */
function portsOf(settings: RunSettings, regions: readonly NodePlace[]): Port[] {
  const { edgeHost, edgePort, httpPort, rpcPort } = settings;
  const ports = (host: PartHost, wanted: readonly Omit<Port, 'ip'>[]): Port[] =>
    host.enter === undefined ? wanted.map((port) => ({ ip: host.ip, ...port })) : [];
  return [
    ...ports(edgeHost, [{ port: edgePort, use: 'edge' }]),
    ...regions.flatMap((region) =>
      ports(region, [
        { port: httpPort, use: `controller of ${region.id}` },
        { port: rpcPort, use: `RPC of ${region.id}` },
      ]),
    ),
  ];
}

function prepareState(settings: RunSettings, secrets: Secrets): void {
  prepareStateDir(settings.stateDir);
  writePrivately(edgeEnvFile(settings), formatSecrets(secrets));
}

function compose(
  settings: RunSettings,
  regions: readonly NodePlace[],
  secrets: Secrets,
  { say, release }: { say: Say; release: () => void },
): LocalSystem {
  const components = { clock: systemClock, say };
  const edge = new Supervised(components, edgeCommand(settings));
  const nodes = new Map(
    regions.map((region) => [
      region.id,
      { region, process: new Supervised(components, nodeCommand(settings, region, secrets)) },
    ]),
  );
  say(`Starting the edge and ${[...nodes.values()].map((n) => nodeIdOf(n.region)).join(', ')}:`);
  return new LocalSystem({ say, edge, nodes, release }, { settings, secrets });
}
