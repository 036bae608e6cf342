import * as v from 'valibot';
import { limits } from './limits.ts';

/** 24 lowercase hex digits, as MongoDB's ids in Licode: services and rooms. */
const hex24 = v.pipe(v.string(), v.regex(/^[0-9a-f]{24}$/, 'an id has 24 hex digits'));
/** Names that people give to regions and hosts: `eu-west`, `eu-west-1`. */
const slug = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/,
    'lowercase letters, digits and hyphens, up to 64',
  ),
);
const uuid = v.pipe(v.string(), v.uuid());

export const ServiceId = hex24;
export const RoomId = hex24;
export const RegionId = slug;
export const NodeId = slug;
export const AgentId = slug;
/** Names one run of a node: a node that restarts under the same id is another one. */
export const EpochId = uuid;
/** Where data is bound by law to stay, as the edge's platform knows it (Cloudflare: `DurableObjectJurisdiction`). */
export const Jurisdiction = v.picklist(['eu', 'us', 'fedramp', 'fedramp-high']);
export type Jurisdiction = v.InferOutput<typeof Jurisdiction>;
/** libp2p's id of an Ed25519 key; `protocol/peer-id.ts` derives it. */
export const PeerId = v.pipe(
  v.string(),
  v.regex(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/, 'not the peer id of an Ed25519 key'),
);
export const IpAddress = v.pipe(v.string(), v.ip());
export const ErizoId = uuid;
export const ClientId = uuid;
/** Known to one client and its controller alone: with it the client comes back after it lost its socket. */
export const ReturnKey = uuid;
export const ConnectionId = uuid;
export const PipeId = uuid;
export const PullId = uuid;
/** `<room id>.<24 hex digits>`: it tells which Room object keeps the token. */
export const tokenIdShape = /^[0-9a-f]{24}\.[0-9a-f]{24}$/;
export const TokenId = v.pipe(v.string(), v.regex(tokenIdShape, 'not a token id'));
/** 18 digits as in Licode, as text: they do not fit a JSON number. */
export const StreamId = v.pipe(
  v.string(),
  v.regex(/^[1-9][0-9]{17}$/, 'a stream id has 18 digits'),
);

/** Which of a client's streams it is. */
export const StreamNumber = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(limits.streamNumbers - 1),
);

/** Names a recording, and its file; as Licode's are, and as text. */
export const RecordingId = StreamId;
/** Names a file of a recording: its id, and from the second on which one it is. */
export const RecordingName = v.pipe(
  v.string(),
  v.regex(/^[1-9][0-9]{17}(-[1-9][0-9]?)?$/, 'a recording is named by its id, or <id>-<part>'),
);

/** Names one request in the logs of all that had to do with it, as its caller or the edge chose it. */
export const RequestId = v.pipe(
  v.string(),
  v.regex(/^[\w\-=]+$/, 'letters, digits, hyphens'),
  v.maxLength(limits.requestId_chars),
);

/** A new 24-digit hex id. */
export function newHexId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** How the ids of rooms in a jurisdiction begin; all others begin otherwise. */
const jurisdictionDigits: Readonly<Record<Jurisdiction, string>> = {
  eu: 'fee1',
  us: 'fee2',
  fedramp: 'fee3',
  'fedramp-high': 'fee4',
};
const reservedDigits = 'fee';

/** A new id for a room; it tells in which jurisdiction the room's object is, if it is in one. */
export function newRoomId(jurisdiction?: Jurisdiction): string {
  const id = newHexId();
  if (jurisdiction !== undefined) {
    const digits = jurisdictionDigits[jurisdiction];
    return `${digits}${id.slice(digits.length)}`;
  }
  return id.startsWith(reservedDigits) ? newRoomId() : id;
}

/** In which jurisdiction the object of a room is; undefined where it is in none. */
export function jurisdictionOf(roomId: string): Jurisdiction | undefined {
  return Jurisdiction.options.find((one) => roomId.startsWith(jurisdictionDigits[one]));
}

/** A new id for a token of the room. */
export function newTokenId(roomId: string): string {
  return `${roomId}.${newHexId()}`;
}

/** The room that a token is for. */
export function roomOfToken(tokenId: string): string {
  return tokenId.slice(0, 24);
}

/** A new stream id: 18 digits, the first of them not zero. */
export function newStreamId(): string {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return streamIdOf((BigInt(high) << 32n) | BigInt(low));
}

/**
 * The id of a stream that a client numbered: 18 digits that follow from its client id. So a client that
 * comes to another controller can have its streams again under their ids, and nobody else can.
 */
export async function numberedStreamId(clientId: string, number: number): Promise<string> {
  const text = new TextEncoder().encode(`${clientId} ${number}`);
  const digest = new DataView(await crypto.subtle.digest('SHA-256', text));
  return streamIdOf(digest.getBigUint64(0));
}

function streamIdOf(number: bigint): string {
  return String(100_000_000_000_000_000n + (number % 900_000_000_000_000_000n));
}

export function newUuid(): string {
  return crypto.randomUUID();
}
