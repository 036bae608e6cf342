import { decodeJwt, errors } from 'jose';
import * as v from 'valibot';
import { fromBase64, hmac, toHex, utf8 } from './bytes.ts';
import { EntryProof } from './entry.ts';
import { RizomaError } from './errors.ts';
import { ClientId, NodeId, RegionId, RequestId, RoomId } from './ids.ts';
import { signHs256Jwt, verifyJwt } from './jwt.ts';
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
  /**
   * When the join or rejoin came that the ticket answers, and of the second controller that is to be tried a millisecond more,
   * and so on: of two controllers with one client id that one is right who has the newer.
   */
  issuedAt_ms: Time,
  /** Of the entry of this client at `issuedAt_ms`: the node to which it is sent shows it to the edge. */
  proof: EntryProof,
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

/** An Ed25519 key of the edge or of a node, as a JWK (RFC 8037). */
export const TicketPublicKey = OkpPublic;
export const TicketPrivateKey = OkpPrivate;
export type TicketPublicKey = v.InferOutput<typeof OkpPublic>;
export type TicketPrivateKey = v.InferOutput<typeof OkpPrivate>;

/**
 * The private key as the variable of that name holds it: base64 of its JWK. Throws `internal` where it is not, and repeats none
 * of it.
 */
export function parseTicketKey(text: string, name = 'RIZOMA_TICKET_KEY'): TicketPrivateKey {
  try {
    const json = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/')) ?? '';
    return parseJson(OkpPrivate, json, name, 'internal');
  } catch {
    throw new RizomaError(
      'internal',
      `${name} is not the private key of Ed25519 as base64url of a JWK: set it to one`,
    );
  }
}

export function publicTicketKey(key: TicketPrivateKey): TicketPublicKey {
  return { kty: key.kty, crv: key.crv, x: key.x };
}

/** What signs and checks the tickets of one node. */
export const TicketSecret = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/**
 * The secret for the tickets of one node, which the edge derives and the node is given when it registers. It
 * can sign tickets for that node alone, which checks them itself; another node that enrols under the same
 * id has another key, and so another secret.
 */
export async function ticketSecretOf(
  key: TicketPrivateKey,
  node: { nodeId: string; peerId: string },
): Promise<string> {
  return toHex(await hmac('SHA-256', key.d, `rizoma/ticket/v1 ${node.nodeId} ${node.peerId}`));
}

const type = 'rizoma-ticket+jwt';

/** Signs a ticket with the secret of its node, good for `limits.ticket_ttl_s`. */
export function signTicket(secret: string, ticket: Ticket, now_ms: number): Promise<string> {
  // Named one by one: what is left of an object would be copied by the runtime, property by property.
  const { nodeId: aud, clientId: sub, roomId, userName, role, region, requestId, jti } = ticket;
  const { joinedAt_ms, issuedAt_ms, proof } = ticket;
  const iat = Math.floor(now_ms / 1000);
  const times = { joinedAt_ms, issuedAt_ms, iat, exp: iat + limits.ticket_ttl_s };
  return signHs256Jwt(secret, type, {
    ...{ roomId, userName, role, region, requestId, proof, jti, aud, sub },
    ...times,
  });
}

/**
 * Checks signature, expiry and audience with the secrets of that node. Throws `ticket_forged`, `ticket_expired` or
 * `ticket_wrong_host`. That it is used once is for the caller to see to.
 */
export async function checkTicket(
  secrets: readonly string[],
  text: string,
  expected: { nodeId: string; now_ms: number },
): Promise<Ticket> {
  try {
    const payload = await verifyJwt(secrets.map(utf8), text.slice(0, 4_096), {
      algorithms: ['HS256'],
      typ: type,
      audience: expected.nodeId,
      currentDate: new Date(expected.now_ms),
      clockTolerance: limits.clockSkew_s,
    });
    if ((payload.iat ?? 0) > expected.now_ms / 1000 + limits.clockSkew_s) {
      // It would be good for longer than who uses it is remembered.
      throw new RizomaError('ticket_expired', 'the ticket is of the future: set the clock');
    }
    const fields = { ...payload, nodeId: payload.aud, clientId: payload.sub };
    return parse(Ticket, fields, 'ticket', 'ticket_forged');
  } catch (thrown) {
    throw isOfAnother(text, expected.nodeId) ? wrongHost() : ticketError(thrown);
  }
}

/** Whether it says so itself: of a ticket of another node this one cannot check the signature. */
function isOfAnother(text: string, nodeId: string): boolean {
  try {
    return decodeJwt(text).aud !== nodeId;
  } catch {
    return false;
  }
}

function wrongHost(): RizomaError {
  return new RizomaError('ticket_wrong_host', 'the ticket is for another controller');
}

function ticketError(thrown: unknown): RizomaError {
  if (thrown instanceof RizomaError) {
    return thrown;
  }
  if (thrown instanceof errors.JWTExpired) {
    return new RizomaError('ticket_expired', 'the ticket has expired: join again');
  }
  return new RizomaError('ticket_forged', 'the signature of the ticket is not that of the edge');
}
