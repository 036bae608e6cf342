import * as v from 'valibot';
import { CurveKeys } from '../../protocol/curve-key.ts';
import { Endpoint } from '../../protocol/directory.ts';
import { ErizoId, NodeId, RegionId } from '../../protocol/ids.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { parse, parseJson } from '../../protocol/parse.ts';
import { AllowedInputs } from '../allowed-inputs.ts';
import type { CurveKeyPair } from '../link/zmq-curve.ts';

const port = v.pipe(v.string(), v.digits(), v.transform(Number), v.minValue(1), v.maxValue(65_535));

const Environment = v.pipe(
  v.object({
    RIZOMA_ERIZO_ID: ErizoId,
    RIZOMA_NODE_ID: NodeId,
    RIZOMA_REGION: RegionId,
    /** Where it listens, for clients and for other processes. */
    RIZOMA_IP: v.pipe(v.string(), v.ip()),
    /** What others are told instead, where the host is behind a one-to-one NAT. */
    RIZOMA_ANNOUNCED_IP: v.optional(v.pipe(v.string(), v.ip())),
    /** Another address at which clients reach it. */
    RIZOMA_CLIENT_IP: v.optional(v.pipe(v.string(), v.ip())),
    RIZOMA_AGENT_ENDPOINT: Endpoint,
    /** Where the processes of the node listen for each other; without it over TCP alone. */
    RIZOMA_SOCKET_DIR: v.optional(v.pipe(v.string(), v.minLength(1))),
    RIZOMA_MEDIA_PORT_MIN: port,
    RIZOMA_MEDIA_PORT_MAX: port,
    /** Where recordings are written, and played back from; without it there are none. */
    RIZOMA_RECORDING_DIR: v.optional(v.pipe(v.string(), v.minLength(1))),
    /** What may be played into rooms beside recordings; without it nothing. */
    RIZOMA_EXTERNAL_INPUT: v.optional(AllowedInputs),
    RIZOMA_LOG_LEVEL: v.optional(
      v.picklist(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
      'info',
    ),
    MEDIASOUP_WORKER_BIN: v.optional(v.pipe(v.string(), v.minLength(1))),
  }),
  v.check(
    (env) => env.RIZOMA_MEDIA_PORT_MIN <= env.RIZOMA_MEDIA_PORT_MAX,
    'RIZOMA_MEDIA_PORT_MIN is over RIZOMA_MEDIA_PORT_MAX',
  ),
  v.transform((env) =>
    Object.freeze({
      erizoId: env.RIZOMA_ERIZO_ID,
      nodeId: env.RIZOMA_NODE_ID,
      region: env.RIZOMA_REGION,
      ip: env.RIZOMA_IP,
      announcedIp: env.RIZOMA_ANNOUNCED_IP,
      clientIp: env.RIZOMA_CLIENT_IP,
      agentEndpoint: env.RIZOMA_AGENT_ENDPOINT,
      socketDir: env.RIZOMA_SOCKET_DIR,
      mediaPorts: { min: env.RIZOMA_MEDIA_PORT_MIN, max: env.RIZOMA_MEDIA_PORT_MAX },
      recordingDir: env.RIZOMA_RECORDING_DIR,
      allowedInputs: env.RIZOMA_EXTERNAL_INPUT ?? [],
      logLevel: env.RIZOMA_LOG_LEVEL,
      workerBin: env.MEDIASOUP_WORKER_BIN,
    }),
  ),
);

export type ErizoConfig = v.InferOutput<typeof Environment>;

/** The configuration of a process, from its environment. Throws `bad_request` that names the variable. */
export function readConfig(env: NodeJS.ProcessEnv): ErizoConfig {
  return parse(Environment, env, 'environment');
}

/** The key of the node, as its agent says it on the standard input. Throws `bad_request`, and repeats none of it. */
export function readCurveKeys(text: string): CurveKeyPair {
  try {
    return parseJson(CurveKeys, text, 'keys on standard input');
  } catch {
    throw new RizomaError('bad_request', 'what is on standard input are no CURVE keys');
  }
}

/** What is the same for every process. */
export const erizoDefaults = {
  /** How often the agent hears of a load that changed; it places by it. */
  loadPeriod_ms: 1_000,
  /** The first wait before the agent is dialled anew, doubled up to the longest. */
  redialFirst_ms: 250,
  redialLongest_ms: 5_000,
  /** An idle process that no agent has claimed for this long is nobody's. */
  orphan_ms: 30_000,
  /** Clients of one process: with two consumers each it is past what one worker carries. */
  clients: 1_000,
  /** For the answer to an offer, before a connection that nothing goes over is closed. */
  farewell_ms: 5_000,
  /** Rooms whose newest grant is known: more than a process serves at a time. */
  rememberedRooms: 1_024,
  /** For the packets of one key frame, as a sender paces them. */
  slide_ms: 200,
  /** What a stream's sound may take of a connection, beside the limit of its video; Opus at its best. */
  audio_kbps: 64,
  /**
   * Descriptions of a client that wait for one connection, beside the one that is being taken: each side has one out at a
   * time, and may take it back.
   */
  waitingDescriptions: 4,
  /**
   * Processes of one node that are linked to pull from this one: as many as a host has at the most. Each may take a
   * port of media here.
   */
  downstreamsPerNode: 256,
  /** Notifications that wait for a controller that is away: more than its clients have streams. */
  missed: 1_024,
} as const;
