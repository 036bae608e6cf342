import type { Handlers, ParamsOf, ResultOf } from '../../protocol/contract.ts';
import type { NodeCard, NodeToEdge } from '../../protocol/contracts/node-edge.ts';
import type { NodeKeys } from '../../protocol/enrolment.ts';
import { checkEnrolment } from '../../protocol/enrolment.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { proofOf } from '../../protocol/entry.ts';
import { newUuid, roomOfToken } from '../../protocol/ids.ts';
import type { SignedToken } from '../../protocol/token.ts';
import { checkTokenSignature } from '../../protocol/token.ts';
import { refuseOutside } from '../room/tokens.ts';
import type { Config } from '../config.ts';
import { entryKeysOf, nodeKeysName, tokenKeysOf } from '../config.ts';
import { refuseRegion } from '../enrol-secrets.ts';
import { ticketSecretsOf } from '../ticket-secrets.ts';
import type { MeshApi, Notice, RoomApi } from './api.ts';
import type { Certificates } from './certificates.ts';
import type { NodeLease } from './node-lease.ts';
import type { NodeLimits } from './node-limits.ts';
import type { KeyedSpeaker, NodeRooms } from './node-rooms.ts';
import { openPass } from './open-pass.ts';
import { valueOf } from './outcome.ts';
import type { RoomPictures } from './room-pictures.ts';

/** The socket that a node speaks over. */
export interface NodeSession {
  /** The node that dialled, by the path of its request. */
  readonly nodeId: string;
  /** Names the enrolment secret that it has shown then. */
  readonly secret: string;
  /** The lease under which it registered over this socket. */
  readonly lease: number | undefined;
  /** The keys that it was given then, by their name. */
  readonly keys: string | undefined;
  registered(given: { lease: number; keys: string }): void;
  /** It is the node's from now on: what it dialled before is closed. */
  supersede(): void;
  notify(notice: Notice): void;
  /** Keeps the object awake until it is done. */
  background(task: () => Promise<void>): void;
}

export interface NodeCallComponents {
  readonly lease: NodeLease;
  readonly limits: NodeLimits;
  readonly rooms: NodeRooms;
  readonly mesh: MeshApi;
  readonly certificates: Certificates;
  readonly session: NodeSession;
  readonly room: (roomId: string) => RoomApi;
  readonly pictures: RoomPictures;
}

/** What a node may call, each as a row of `nodeToEdge`. */
export function nodeCalls(
  components: NodeCallComponents,
  options: { config: Config },
): Handlers<NodeToEdge> {
  const { lease, rooms, session } = components;
  const { config } = options;
  return {
    'node.register': (said) => register(components, options, said),
    'node.renew': async ({ enrolment }) => {
      const { card, speaker } = registered(components);
      const { card: renewed } = await certified(components, card, enrolment);
      await lease.renew(speaker.lease, renewed.certificate);
      return renewed.certificate;
    },
    'node.killMe': async () => {
      await lease.end(session.lease);
      return null;
    },
    'node.keepAlive': async ({ load }) => {
      // Its link may have outlived a change of a key.
      const hasKeys = session.keys === (await nodeKeysName(config));
      if (lease.cardOf(session.lease) === undefined || !hasKeys) {
        return 'whoareyou';
      }
      // Not waited for: a slow Mesh must not look like a slow edge.
      session.background(() => lease.report(load));
      return 'ok';
    },
    'token.consume': ({ token }) => consume(components, options, token),
    'room.enter': async ({ roomId, facts, entry }) => {
      const { speaker, card } = registered(components);
      const { region, jurisdiction } = card;
      const isLive = (): boolean => lease.cardOf(speaker.lease) !== undefined;
      const at = { region, jurisdiction };
      return await rooms.enter(roomId, speaker, { at, facts, entry, isLive });
    },
    'room.facts': async ({ roomId, facts }) =>
      await rooms.facts(roomId, registered(components).speaker, facts),
    'room.presence': async ({ roomId, presence }) => {
      const { speaker, card } = registered(components);
      return await rooms.presence(roomId, speaker, { region: card.region, presence });
    },
    'room.recording': async ({ roomId, recording }) => {
      const { speaker, card } = registered(components);
      return await rooms.recording(roomId, speaker, { region: card.region, recording });
    },
    'room.leave': async ({ roomId, left }) => {
      const { speaker } = registered(components);
      return await rooms.leave(roomId, speaker, left);
    },
  };
}

/** A lease, a certificate and the keys, for a node that has shown its own. Throws the codes of `node.register`. */
async function register(
  components: NodeCallComponents,
  { config }: { config: Config },
  { card: said, load, enrolment, keysEnd }: ParamsOf<NodeToEdge, 'node.register'>,
): Promise<ResultOf<NodeToEdge, 'node.register'>> {
  const { lease, session } = components;
  const keys = await nodeKeysName(config);
  await refuseRegion(config, { shown: session.secret, region: said.region });
  const { card, peerId } = await certified(components, said, enrolment);
  const number = lease.register(card, { peerId, keysEnd: keysEnd === true });
  session.registered({ lease: number, keys });
  session.supersede();
  const members = await lease.join(number, card, load);
  session.notify({ method: 'mesh.members', params: members });
  const { certificate, nodeId } = card;
  return { ...(await keysOf(config, { nodeId, peerId })), certificate };
}

/** Takes one use of a token for this node; a pass is only checked. Throws the codes of `token.consume`. */
async function consume(
  components: NodeCallComponents,
  options: { config: Config },
  token: SignedToken,
): Promise<ResultOf<NodeToEdge, 'token.consume'>> {
  const { card, speaker } = registered(components);
  await checkTokenSignature((await tokenKeysOf(options.config)).all, token);
  if (token.host !== card.host) {
    throw new RizomaError('token_wrong_host', 'the token is for another controller');
  }
  const { tokenId, host, pass } = token;
  const { region, jurisdiction } = card;
  const at = { region, jurisdiction };
  const room = components.room(roomOfToken(tokenId));
  const visitor =
    pass === undefined
      ? await valueOf(room.consumeToken({ tokenId, host, at }))
      : await visitorOf(components, options, { tokenId, pass });
  const { current } = await entryKeysOf(options.config);
  const claim = { clientId: newUuid(), enteredAt_ms: Date.now() };
  const { peerId } = speaker;
  const proof = await proofOf(current, { roomId: visitor.roomId, peerId }, claim);
  return { ...visitor, entry: { ...claim, proof } };
}

/** The card with a certificate, for a node that has shown its keys. Throws the codes of `node.register`. */
async function certified(
  { lease, limits, mesh, certificates, session }: NodeCallComponents,
  card: NodeCard,
  enrolment: string,
): Promise<{ card: NodeCard & { certificate: string }; peerId: string }> {
  const { nodeId, epoch } = card;
  if (nodeId !== session.nodeId) {
    throw new RizomaError('forbidden', `this is the link of ${session.nodeId}, not of ${nodeId}`);
  }
  const keys: NodeKeys = await checkEnrolment(enrolment, { nodeId, epoch, now_ms: Date.now() });
  const { peerId } = keys;
  // First, since others than the node may have got so far, and must neither use up what it may nor reach Mesh.
  lease.admit(card, peerId);
  limits.demand('registrations');
  await valueOf(mesh.admits({ nodeId, peerId }));
  const held = lease.cardUnder(peerId)?.certificate;
  const certificate = await certificates.certificateFor(card, keys, held);
  return { card: { ...card, certificate }, peerId };
}

/** What a node checks tokens, tickets and what others show with. */
async function keysOf(
  config: Config,
  node: { nodeId: string; peerId: string },
): Promise<Omit<ResultOf<NodeToEdge, 'node.register'>, 'certificate'>> {
  const [tokenKeys, secrets] = await Promise.all([
    tokenKeysOf(config),
    ticketSecretsOf(config, node),
  ]);
  return {
    tokenKeys: [...tokenKeys.all],
    ticketKeys: [...config.publicKeys],
    ticketSecrets: [...secrets.all],
  };
}

/** Whom a pass lets in at this node; the room is not asked. */
async function visitorOf(
  components: NodeCallComponents,
  { config }: { config: Config },
  token: { tokenId: string; pass: string },
): Promise<{ roomId: string; userName: string; role: string }> {
  const { card } = registered(components);
  const { pictures } = components;
  const parts = { pictures, keys: config.publicKeys, now: () => Date.now() };
  const opened = await openPass(parts, token);
  refuseOutside(opened.pin, card);
  const { userName, role } = opened.pass;
  return { roomId: opened.roomId, userName, role };
}

/** Under which lease the session speaks. Throws `conflict` where it has none that lives. */
function registered({ lease, session }: NodeCallComponents): {
  speaker: KeyedSpeaker;
  card: NodeCard;
} {
  const card = lease.cardOf(session.lease);
  const peerId = lease.keyOf(session.lease);
  if (card === undefined || session.lease === undefined || peerId === undefined) {
    throw new RizomaError('conflict', 'this node has no lease: register it first');
  }
  return { speaker: { nodeId: card.nodeId, lease: session.lease, peerId }, card };
}
