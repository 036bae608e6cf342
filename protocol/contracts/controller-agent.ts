import * as v from 'valibot';
import { CertificateText, MemberKey } from '../certificate.ts';
import type { Contract } from '../contract.ts';
import { Endpoint } from '../directory.ts';
import { AgentId, ErizoId, RoomId } from '../ids.ts';
import { limits } from '../limits.ts';
import { keysOf } from '../key-set.ts';
import { TicketPublicKey } from '../ticket.ts';
import { ErizoCounters } from './erizo-counters.ts';
import { ErizoMeasures } from './erizo-measures.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** How busy an ErizoJS process is. It is idle when it has no client and no pipe. */
export const ErizoLoad = v.strictObject({
  clients: count,
  publishers: count,
  subscribers: count,
  pipes: count,
  /** What it sends: consumers of clients and of pipes. */
  consumers: count,
  /** CPU of the process and its worker, 1 is one core. */
  cpu: v.pipe(v.number(), v.minValue(0)),
});

/** What a controller asks of an agent. */
export const controllerToAgent = {
  /** A process for a room: an idle one, else a new one, else the least busy (Licode: `createErizoJS`). */
  createErizoJS: {
    params: v.strictObject({
      roomId: RoomId,
      /** Processes that the room has already, and that do not do. */
      except: v.pipe(v.array(ErizoId), v.maxLength(256)),
    }),
    result: v.strictObject({ erizoId: ErizoId, agentId: AgentId, endpoint: Endpoint }),
    errors: ['overloaded', 'unavailable', 'draining'],
    timeout_ms: 10_000,
    idempotent: false,
  },
  /**
   * Ends a process that does not answer (Licode: `deleteErizoJS`). `forbidden` unless the agent gave it to the node
   * that asks, or is on it.
   */
  deleteErizoJS: {
    params: v.strictObject({ erizoId: ErizoId }),
    result: v.null(),
    errors: ['not_found', 'forbidden'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /** Licode: `getErizoAgents`. */
  getErizoAgents: {
    params: v.strictObject({}),
    result: v.strictObject({
      agentId: AgentId,
      erizos: v.array(
        v.strictObject({ erizoId: ErizoId, endpoint: Endpoint, pid: count, load: ErizoLoad }),
      ),
      /** Processes that it would still start. */
      spare: count,
    }),
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
} as const satisfies Contract;

/** What an agent tells every controller that is linked to it. */
export const agentToController = {
  erizoExited: {
    params: v.strictObject({ erizoId: ErizoId }),
    notify: true,
  },
} as const satisfies Contract;

/** What an ErizoJS process tells the agent of its host. It registers anew with each new agent. */
export const erizoToAgent = {
  register: {
    params: v.strictObject({
      erizoId: ErizoId,
      pid: count,
      endpoint: Endpoint,
      load: ErizoLoad,
    }),
    result: v.null(),
    errors: ['forbidden'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  load: {
    params: v.strictObject({ load: ErizoLoad }),
    notify: true,
  },
} as const satisfies Contract;

/** What a process shows others of its node, and what checks that which others show. */
export const Trust = v.strictObject({
  /** Of the edge: check certificates and grants. */
  keys: keysOf(TicketPublicKey),
  /** Of the node. */
  certificate: CertificateText,
});

/** What an agent tells an ErizoJS process. */
export const agentToErizo = {
  /** Take no more clients and exit when idle; at once where `now`. */
  stop: {
    params: v.strictObject({ now: v.boolean() }),
    notify: true,
  },
  /** When it registers, and when there is another certificate. The last one counts. */
  trust: {
    params: Trust,
    notify: true,
  },
  /** The keys of all members but this node, in place of those told before. Told first of all. */
  members: {
    params: v.strictObject({ keys: v.pipe(v.array(MemberKey), v.maxLength(limits.members)) }),
    notify: true,
  },
  /** What is open in it, for the metrics of the node. */
  counters: {
    params: v.strictObject({}),
    result: ErizoCounters,
    errors: [],
    timeout_ms: 2_000,
    idempotent: true,
  },
  /** What it measured, for the same; an answer may be 5 s old. */
  measures: {
    params: v.strictObject({}),
    result: ErizoMeasures,
    errors: [],
    timeout_ms: 2_000,
    idempotent: true,
  },
} as const satisfies Contract;

export type Trust = v.InferOutput<typeof Trust>;
export type ErizoLoad = v.InferOutput<typeof ErizoLoad>;
export type ControllerToAgent = typeof controllerToAgent;
export type AgentToController = typeof agentToController;
export type ErizoToAgent = typeof erizoToAgent;
export type AgentToErizo = typeof agentToErizo;
