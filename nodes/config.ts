import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { Jurisdiction, NodeId, RegionId } from '../protocol/ids.ts';
import { Host } from '../protocol/token.ts';
import { AllowedInputs } from './allowed-inputs.ts';
import { TrustedProxies } from './trusted-proxies.ts';

/** Every default of a node, with its unit and its reason. */
export const defaults = {
  /** One host does all that a region needs, until someone splits it. */
  roles: 'controller,agent',
  /** Whether clients need TLS to reach the controller: a proxy in front of it gives that. */
  secure: 'false',
  /** ErizoJS processes kept ready: the first client of a room waits for no process to start. */
  prerunProcesses: 1,
  /** ErizoJS processes of one host, by its cores, as a worker uses one; two let a room fail over. */
  maxProcesses: Math.max(2, availableParallelism()),
  /** ErizoJS processes that one room takes of one region: past it their pipes cost more than they give. */
  maxErizosPerRoom: 16,
  /** Clients of one room in one ErizoJS process: some 500 consumers a core, five streams watched by each. */
  clientsPerErizo: 100,
  /** What one ErizoJS process sends, in tracks: one worker carries some 500. Past it nobody is given to it. */
  consumersPerErizo: 500,
  /** Of a core, in percent, past which the next process is taken: a worker is one thread, and has to take bursts. */
  erizoCpu_percent: 80,
  /** UDP and TCP ports of media: above the ports of services, below what Debian gives to others by 2/3. */
  mediaPortMin: 40_000,
  mediaPortMax: 49_999,
  /**
   * Handshakes of one address in a second, and ten times as many at once: a hall behind one address comes in within a
   * second, and a flood is refused before any signature is checked.
   */
  handshakeRate: 200,
  /** How long the clients of a node that is to end may stay, in seconds: most calls are over in an hour. */
  drain_s: 3_600,
  logLevel: 'info',
  /** CPU of the ErizoJS processes over that of the host: past this a joiner is better placed elsewhere. */
  cpuWarning: 0.7,
  /** Past this media is late for all who are here: a burst of key frames takes what is left. */
  cpuFull: 0.9,
} as const;

const maxPort = 65_535;

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(4_096));

const integer = (min: number, max: number) =>
  v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number), v.minValue(min), v.maxValue(max));

const degrees = (max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^-?\d{1,3}(?:\.\d{1,12})?$/),
    v.transform(Number),
    v.minValue(-max),
    v.maxValue(max),
  );

const withDefault = <const S extends v.GenericSchema<string, unknown>>(
  schema: S,
  value: string | number,
) => v.optional(schema, String(value));

const Role = v.picklist(['controller', 'agent']);

const Roles = v.pipe(
  v.string(),
  v.transform((list) => [...new Set(list.split(',').map((role) => role.trim()))]),
  v.array(Role),
);

/** Of `X-Forwarded-For` their word is believed. */
const Proxies = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return new TrustedProxies(dataset.value.split(',').map((entry) => entry.trim()));
    } catch (thrown) {
      addIssue({ message: String(thrown) });
      return NEVER;
    }
  }),
);

const Variables = v.object({
  RIZOMA_NODE_ID: NodeId,
  RIZOMA_REGION: RegionId,
  RIZOMA_LAT: degrees(90),
  RIZOMA_LON: degrees(180),
  RIZOMA_JURISDICTION: v.optional(Jurisdiction),
  RIZOMA_IP: v.pipe(v.string(), v.ipv4()),
  RIZOMA_ANNOUNCED_IP: v.optional(v.pipe(v.string(), v.ip())),
  RIZOMA_CLIENT_IP: v.optional(v.pipe(v.string(), v.ip())),
  RIZOMA_PUBLIC_HOST: Host,
  RIZOMA_SECURE: withDefault(v.picklist(['true', 'false']), defaults.secure),
  RIZOMA_HTTP_PORT: integer(1, maxPort),
  RIZOMA_RPC_PORT: integer(1, maxPort),
  RIZOMA_EDGE_URL: v.pipe(v.string(), v.url(), v.regex(/^https?:\/\//)),
  RIZOMA_ENROL_SECRET: text,
  RIZOMA_ROLES: withDefault(Roles, defaults.roles),
  RIZOMA_PRERUN_PROCESSES: withDefault(integer(0, 256), defaults.prerunProcesses),
  RIZOMA_MAX_PROCESSES: withDefault(integer(1, 256), defaults.maxProcesses),
  RIZOMA_MAX_ERIZOS_PER_ROOM: withDefault(integer(1, 256), defaults.maxErizosPerRoom),
  RIZOMA_CLIENTS_PER_ERIZO: withDefault(integer(1, 10_000), defaults.clientsPerErizo),
  RIZOMA_CONSUMERS_PER_ERIZO: withDefault(integer(1, 100_000), defaults.consumersPerErizo),
  RIZOMA_ERIZO_CPU_PERCENT: withDefault(integer(1, 1_000), defaults.erizoCpu_percent),
  RIZOMA_MEDIA_PORT_MIN: withDefault(integer(1, maxPort), defaults.mediaPortMin),
  RIZOMA_MEDIA_PORT_MAX: withDefault(integer(1, maxPort), defaults.mediaPortMax),
  RIZOMA_HANDSHAKE_RATE: withDefault(
    v.union([v.literal('off'), integer(1, 1_000_000)]),
    defaults.handshakeRate,
  ),
  RIZOMA_TRUSTED_PROXIES: v.optional(Proxies),
  RIZOMA_METRICS_TOKEN: v.optional(v.pipe(v.string(), v.minLength(16), v.maxLength(256))),
  RIZOMA_DRAIN_S: withDefault(integer(0, 604_800), defaults.drain_s),
  RIZOMA_STATE_DIR: v.optional(text),
  RIZOMA_RECORDING_DIR: v.optional(text),
  RIZOMA_EXTERNAL_INPUT: v.optional(AllowedInputs),
  RIZOMA_LOG_LEVEL: withDefault(
    v.picklist(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    defaults.logLevel,
  ),
  RIZOMA_LOG_DIR: v.optional(text),
  RIZOMA_RUN_ID: v.optional(text),
  MEDIASOUP_WORKER_BIN: v.optional(text),
});

type VariableName = keyof typeof Variables.entries;

/** What each variable is to be set to, as its error says it. */
const help: Record<VariableName, string> = {
  RIZOMA_NODE_ID: 'the name of this node, such as eu-west-1',
  RIZOMA_REGION: 'the region of this node, such as eu-west',
  RIZOMA_LAT: 'the latitude of this node in degrees, -90 to 90, such as 53.35',
  RIZOMA_LON: 'the longitude of this node in degrees, -180 to 180, such as -6.26',
  RIZOMA_JURISDICTION: `the jurisdiction that this node is bound to: ${Jurisdiction.options.join(', ')}`,
  RIZOMA_IP: 'the IPv4 address that this node listens on, such as 10.0.0.1',
  RIZOMA_ANNOUNCED_IP: 'the address at which clients reach the media, where it is another one',
  RIZOMA_CLIENT_IP: 'another address of this host for the media of clients, such as its IPv6 one',
  RIZOMA_PUBLIC_HOST: 'host:port at which clients reach the controller',
  RIZOMA_SECURE: 'true where clients need TLS to reach the controller, else false',
  RIZOMA_HTTP_PORT: 'the TCP port of the controller, 1 to 65535',
  RIZOMA_RPC_PORT: 'the TCP port of the agent, 1 to 65535',
  RIZOMA_EDGE_URL: 'the URL of the edge, such as https://edge.example.org',
  RIZOMA_ENROL_SECRET: 'the secret with which nodes of this deployment enrol at the edge',
  RIZOMA_ROLES: 'controller, agent, or both with a comma between',
  RIZOMA_PRERUN_PROCESSES: 'how many idle ErizoJS processes are kept ready, 0 to 256',
  RIZOMA_MAX_PROCESSES: 'how many ErizoJS processes there may be, 1 to 256',
  RIZOMA_MAX_ERIZOS_PER_ROOM: 'how many ErizoJS processes one room may take, 1 to 256',
  RIZOMA_CLIENTS_PER_ERIZO: 'how many clients of a room share one ErizoJS process, 1 to 10000',
  RIZOMA_CONSUMERS_PER_ERIZO: 'how many tracks one ErizoJS process may send, 1 to 100000',
  RIZOMA_ERIZO_CPU_PERCENT: 'of a core, past which a room takes another process, 1 to 1000',
  RIZOMA_MEDIA_PORT_MIN: 'the lowest port of media, 1 to 65535',
  RIZOMA_MEDIA_PORT_MAX: 'the highest port of media, 1 to 65535',
  RIZOMA_HANDSHAKE_RATE: 'handshakes a second that one address may send, 1 to 1000000, or off',
  RIZOMA_TRUSTED_PROXIES:
    'addresses and networks of the proxies before this node, such as 10.0.0.0/8, with commas between',
  RIZOMA_METRICS_TOKEN:
    'the bearer token of who reads /metrics from other hosts, 16 to 256 characters',
  RIZOMA_DRAIN_S: 'how many seconds clients may stay when the node is to end, 0 to 604800',
  RIZOMA_STATE_DIR: 'a folder where the node keeps its keys, for this node alone',
  RIZOMA_RECORDING_DIR: 'a folder for recordings; without it they are in RIZOMA_STATE_DIR',
  RIZOMA_EXTERNAL_INPUT: 'what clients may play into rooms, such as rtsp://camera.example.org:554',
  RIZOMA_LOG_LEVEL: 'fatal, error, warn, info, debug, trace or silent',
  RIZOMA_LOG_DIR: 'a folder for the log files of the ErizoJS processes',
  RIZOMA_RUN_ID: 'a name that all processes of one bring-up carry',
  MEDIASOUP_WORKER_BIN: 'the path of the mediasoup worker',
};

/** The environment does not describe a node. Each line of the message names a variable and what to set. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What a node is told when it starts. */
export type Config = ReturnType<typeof parseConfig>;

/**
 * The configuration of a node from its environment, frozen; an empty variable counts as not set.
 * Throws `ConfigError`, whose message never holds a value, as values may be secrets.
 */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>) {
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = v.safeParse(Variables, set);
  if (!parsed.success) {
    throw new ConfigError(
      Object.keys(v.flatten(parsed.issues).nested ?? {})
        .map(complaint(set))
        .join('\n'),
    );
  }
  const { output } = parsed;
  checkTogether(output);
  const stateDir = output.RIZOMA_STATE_DIR;
  return Object.freeze({
    nodeId: output.RIZOMA_NODE_ID,
    region: output.RIZOMA_REGION,
    place: Object.freeze({ lat: output.RIZOMA_LAT, lon: output.RIZOMA_LON }),
    jurisdiction: output.RIZOMA_JURISDICTION,
    ip: output.RIZOMA_IP,
    announcedIp: output.RIZOMA_ANNOUNCED_IP,
    /** Where others reach its media, and its pipes end. */
    mediaIp: output.RIZOMA_ANNOUNCED_IP ?? output.RIZOMA_IP,
    clientIp: output.RIZOMA_CLIENT_IP,
    publicHost: output.RIZOMA_PUBLIC_HOST,
    secure: output.RIZOMA_SECURE === 'true',
    httpPort: output.RIZOMA_HTTP_PORT,
    rpcPort: output.RIZOMA_RPC_PORT,
    edgeUrl: output.RIZOMA_EDGE_URL,
    enrolSecret: output.RIZOMA_ENROL_SECRET,
    roles: Object.freeze(output.RIZOMA_ROLES),
    prerunProcesses: output.RIZOMA_PRERUN_PROCESSES,
    maxProcesses: output.RIZOMA_MAX_PROCESSES,
    maxErizosPerRoom: output.RIZOMA_MAX_ERIZOS_PER_ROOM,
    clientsPerErizo: output.RIZOMA_CLIENTS_PER_ERIZO,
    consumersPerErizo: output.RIZOMA_CONSUMERS_PER_ERIZO,
    /** Of a core, where 1 is one. */
    cpuPerErizo: output.RIZOMA_ERIZO_CPU_PERCENT / 100,
    mediaPortMin: output.RIZOMA_MEDIA_PORT_MIN,
    mediaPortMax: output.RIZOMA_MEDIA_PORT_MAX,
    handshakes_perSecond:
      output.RIZOMA_HANDSHAKE_RATE === 'off' ? undefined : output.RIZOMA_HANDSHAKE_RATE,
    trustedProxies: output.RIZOMA_TRUSTED_PROXIES,
    metricsToken: output.RIZOMA_METRICS_TOKEN,
    drain_ms: output.RIZOMA_DRAIN_S * 1000,
    stateDir,
    /** Where the processes of the node listen for each other. */
    socketDir: stateDir === undefined ? undefined : join(stateDir, 'ipc'),
    recordingDir: recordingDirOf(output),
    externalInput: output.RIZOMA_EXTERNAL_INPUT?.join(','),
    logLevel: output.RIZOMA_LOG_LEVEL,
    logDir: output.RIZOMA_LOG_DIR,
    runId: output.RIZOMA_RUN_ID,
    workerBin: output.MEDIASOUP_WORKER_BIN,
  });
}

/** None where the node has no folder at all: it keeps no recordings then. */
function recordingDirOf(output: v.InferOutput<typeof Variables>): string | undefined {
  const { RIZOMA_RECORDING_DIR: given, RIZOMA_STATE_DIR: stateDir } = output;
  return given ?? (stateDir === undefined ? undefined : join(stateDir, 'recordings'));
}

function complaint(set: Record<string, unknown>): (path: string) => string {
  return (path) => {
    // A list's issue has the path of its element: `RIZOMA_ROLES.0`.
    const name = path.split('.')[0] ?? path;
    const wrong = Object.hasOwn(set, name) ? 'is not valid' : 'is missing';
    const what = Object.entries(help).find(([variable]) => variable === name)?.[1];
    return `${name} ${wrong}: set it to ${what ?? 'what the manual says'}`;
  };
}

function checkTogether(output: v.InferOutput<typeof Variables>): void {
  if (output.RIZOMA_PRERUN_PROCESSES > output.RIZOMA_MAX_PROCESSES) {
    throw new ConfigError(
      'RIZOMA_PRERUN_PROCESSES is more than RIZOMA_MAX_PROCESSES: set it to at most as many',
    );
  }
  if (output.RIZOMA_MEDIA_PORT_MIN >= output.RIZOMA_MEDIA_PORT_MAX) {
    throw new ConfigError(
      'RIZOMA_MEDIA_PORT_MIN is not below RIZOMA_MEDIA_PORT_MAX: set them to the ends of a range',
    );
  }
}
