import { errors, jwtVerify } from 'jose';
import * as v from 'valibot';
import { fromBase64 } from './bytes.ts';
import { RizomaError } from './errors.ts';
import { ClientId, NodeId, RegionId, RequestId, RoomId } from './ids.ts';
import { joseKey } from './jose-key.ts';
import { signEdDsaJwt } from './jwt.ts';
import { limits } from './limits.ts';
import { parse, parseJson } from './parse.ts';

const Time = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Who may enter which room at which controller: what the edge signs and the controller checks alone. */
export const Ticket = v.object({
  /** The node whose controller may take it (`aud`). */
  nodeId: NodeId,
  /** The client that enters (`sub`). */
  clientId: ClientId,
  roomId: RoomId,
  userName: v.pipe(v.string(), v.maxLength(limits.name_chars)),
  role: v.pipe(v.string(), v.maxLength(64)),
  region: RegionId,
  /** When the participant used its token; a later re-entry has the same. */
  joinedAt_ms: Time,
  /** When the edge made the ticket: of two controllers with one client id that one is right who has the newer. */
  issuedAt_ms: Time,
  /** One use: the controller remembers it until it expires. */
  jti: v.pipe(v.string(), v.uuid()),
  /** The `POST /join` that it answers. */
  requestId: RequestId,
});

export type Ticket = v.InferOutput<typeof Ticket>;

const OkpPublic = v.object({
  kty: v.literal('OKP'),
  crv: v.literal('Ed25519'),
  x: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
});
const OkpPrivate = v.object({
  ...OkpPublic.entries,
  d: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
});

/** An Ed25519 key that checks tickets, as a JWK (RFC 8037). */
export const TicketPublicKey = OkpPublic;
export const TicketPrivateKey = OkpPrivate;
export type TicketPublicKey = v.InferOutput<typeof OkpPublic>;
export type TicketPrivateKey = v.InferOutput<typeof OkpPrivate>;

/** The private key as configuration holds it: base64 of its JWK. Throws `internal` where it is not. */
export function parseTicketKey(text: string): TicketPrivateKey {
  const json = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/')) ?? '';
  return parseJson(OkpPrivate, json, 'RIZOMA_TICKET_KEY', 'internal');
}

export function publicTicketKey(key: TicketPrivateKey): TicketPublicKey {
  return { kty: key.kty, crv: key.crv, x: key.x };
}

const type = 'rizoma-ticket+jwt';

/** Signs a ticket, good for `limits.ticket_ttl_s`. */
export function signTicket(key: TicketPrivateKey, ticket: Ticket, now_ms: number): Promise<string> {
  const { nodeId: aud, clientId: sub, ...claims } = ticket;
  const iat = Math.floor(now_ms / 1000);
  return signEdDsaJwt(key, type, { ...claims, aud, sub, iat, exp: iat + limits.ticket_ttl_s });
}

/**
 * Checks signature, expiry and audience. Throws `ticket_forged`, `ticket_expired` or
 * `ticket_wrong_host`. That it is used once is for the caller to see to.
 */
export async function checkTicket(
  key: TicketPublicKey,
  text: string,
  expected: { nodeId: string; now_ms: number },
): Promise<Ticket> {
  try {
    const { payload } = await jwtVerify(text.slice(0, 4_096), joseKey(key), {
      algorithms: ['EdDSA'],
      typ: type,
      audience: expected.nodeId,
      currentDate: new Date(expected.now_ms),
      clockTolerance: limits.clockSkew_s,
    });
    const fields = { ...payload, nodeId: payload.aud, clientId: payload.sub };
    return parse(Ticket, fields, 'ticket', 'ticket_forged');
  } catch (thrown) {
    throw ticketError(thrown);
  }
}

function ticketError(thrown: unknown): RizomaError {
  if (thrown instanceof RizomaError) {
    return thrown;
  }
  if (thrown instanceof errors.JWTExpired) {
    return new RizomaError('ticket_expired', 'the ticket has expired: join again');
  }
  if (thrown instanceof errors.JWTClaimValidationFailed && thrown.claim === 'aud') {
    return new RizomaError('ticket_wrong_host', 'the ticket is for another controller');
  }
  return new RizomaError('ticket_forged', 'the signature of the ticket is not that of the edge');
}
