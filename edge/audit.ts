import * as v from 'valibot';
import { httpApi } from '../protocol/contracts/http-api/index.ts';
import { RizomaError } from '../protocol/errors.ts';
import { isChange, parametersAt, routesOf } from '../protocol/http-contract.ts';
import type { EdgeContext } from './app.ts';
import type { AuditLine } from './audit-line.ts';
import { Changed } from './audit-line.ts';
import type { Signer } from './objects/api.ts';
import { createLog } from './log.ts';
import { SummedLines } from './summed-lines.ts';

const log = createLog({ object: 'worker', log: 'audit' });

const changes = new Set(
  routesOf(httpApi)
    .filter(isChange)
    .map(({ method, path }) => `${method} ${path}`),
);

const defaults = {
  /** After the first refusal of a kind others are counted for so long: whoever has no right must fill no log. */
  period_ms: 10_000,
  /** Kinds that are counted at a time, by route, code and service; of more the eldest is written down before its time. */
  kinds: 256,
} as const;

const refusals = new SummedLines<Written>({ write }, defaults);

type Written = Omit<AuditLine, 'level' | 'message' | 'object' | 'log'>;

/** Writes who asked for which change, and what came of it; for every request of a route that changes something. */
export function auditChange(context: EdgeContext): void {
  const now_ms = Date.now();
  refusals.flush(now_ms);
  const { method } = context.req;
  const route = context.get('route');
  if (route === undefined || !changes.has(`${method} ${route}`)) {
    return;
  }
  const line = lineOf(context, route);
  const { status, code, serviceId } = line;
  const lacksRight = status === 401 || status === 403;
  if (status < 400 || (serviceId !== undefined && !lacksRight)) {
    write(line);
  } else {
    refusals.add(`${method} ${route} ${status} ${code} ${serviceId}`, line, now_ms);
  }
}

function write(line: Written, more = 0): void {
  const level = line.outcome === 'done' ? 'info' : 'warn';
  log[level]('a change was asked for', { ...line, ...(more === 0 ? {} : { more }) });
}

function lineOf(context: EdgeContext, route: string): Written {
  const { error, req, res } = context;
  // Nobody has signed before that was checked.
  const signer: Signer | undefined = context.get('signer');
  const { room, service, nodeId, event } = parametersAt(route, req.path);
  const named = { roomId: room, changedServiceId: service, nodeId, eventId: event };
  return {
    at: new Date(context.get('began_ms')).toISOString(),
    requestId: context.get('requestId'),
    // The row of the contract is one of these.
    method: req.method as AuditLine['method'],
    route,
    ...idsOf(named),
    ...context.get('made'),
    serviceId: signer?.serviceId,
    subject: signer?.subject,
    keyId: signer?.keyId,
    outcome: res.status < 400 ? 'done' : res.status < 500 ? 'refused' : 'failed',
    status: res.status,
    code: error instanceof RizomaError ? error.code : undefined,
  };
}

/** Those of them that are ids; a path may hold anything. */
function idsOf(named: Readonly<Record<keyof Changed, string | undefined>>): Changed {
  const { roomId, changedServiceId, nodeId, eventId } = Changed.entries;
  return {
    roomId: v.is(roomId, named.roomId) ? named.roomId : undefined,
    changedServiceId: v.is(changedServiceId, named.changedServiceId)
      ? named.changedServiceId
      : undefined,
    nodeId: v.is(nodeId, named.nodeId) ? named.nodeId : undefined,
    eventId: v.is(eventId, named.eventId) ? named.eventId : undefined,
  };
}
