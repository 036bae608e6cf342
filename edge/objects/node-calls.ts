import type { Handlers } from '../../protocol/contract.ts';
import type { NodeCard, NodeToEdge } from '../../protocol/contracts/node-edge.ts';
import type { NodeKeys } from '../../protocol/enrolment.ts';
import { checkEnrolment } from '../../protocol/enrolment.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { roomOfToken } from '../../protocol/ids.ts';
import type { TicketPublicKey } from '../../protocol/ticket.ts';
import { publicTicketKey, ticketMac, ticketSecretOf } from '../../protocol/ticket.ts';
import { checkTokenSignature } from '../../protocol/token.ts';
import { refuseOutside } from '../room/tokens.ts';
import type { Config } from '../config.ts';
import { tokenKeyOf } from '../config.ts';
import type { MeshApi, Notice, RoomApi, Speaker } from './api.ts';
import type { Certificates } from './certificates.ts';
import type { NodeLease } from './node-lease.ts';
import type { NodeRooms } from './node-rooms.ts';
import { openPass } from './open-pass.ts';
import { valueOf } from './outcome.ts';
import type { RoomPictures } from './room-pictures.ts';

/** The socket that a node speaks over. */
export interface NodeSession {
  /** The node that dialled, by the path of its request. */
  readonly nodeId: string;
  /** The lease under which it registered over this socket. */
  lease: number | undefined;
  /** It is the node's from now on: what it dialled before is closed. */
  supersede(): void;
  notify(notice: Notice): void;
  /** Keeps the object awake until it is done. */
  background(task: () => Promise<void>): void;
}

export interface NodeCallComponents {
  readonly lease: NodeLease;
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
  const { lease, rooms, session, room } = components;
  const { config } = options;
  return {
    'node.register': async ({ card: said, load, enrolment }) => {
      const { card, peerId, ticketAlg } = await certified(components, said, enrolment);
      const number = lease.register(card, peerId);
      session.lease = number;
      session.supersede();
      const members = await lease.join(number, card, load);
      session.notify({ method: 'mesh.members', params: members });
      const { certificate } = card;
      return { ...(await keysOf(config, { ...card, peerId, ticketAlg })), certificate };
    },
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
    'node.keepAlive': ({ load }) => {
      if (lease.cardOf(session.lease) === undefined) {
        return Promise.resolve('whoareyou');
      }
      // Not waited for: a slow Mesh must not look like a slow edge.
      session.background(() => lease.report(load));
      return Promise.resolve('ok');
    },
    'token.consume': async ({ token }) => {
      const { card } = registered(components);
      await checkTokenSignature(await tokenKeyOf(config), token);
      if (token.host !== card.host) {
        throw new RizomaError('token_wrong_host', 'the token is for another controller');
      }
      const { tokenId, host, pass } = token;
      if (pass !== undefined) {
        return await visitorOf(components, options, { tokenId, pass });
      }
      const { region, jurisdiction } = card;
      const at = { region, jurisdiction };
      return await valueOf(room(roomOfToken(tokenId)).consumeToken({ tokenId, host, at }));
    },
    'room.enter': async ({ roomId, facts }) => {
      const { speaker, card } = registered(components);
      const { region, jurisdiction } = card;
      return await rooms.enter(roomId, speaker, { at: { region, jurisdiction }, facts });
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
    'room.leave': async ({ roomId, left }) =>
      await rooms.leave(roomId, registered(components).speaker, left),
  };
}

/** The card with a certificate, for a node that has shown its keys. Throws the codes of `node.register`. */
async function certified(
  { lease, mesh, certificates, session }: NodeCallComponents,
  card: NodeCard,
  enrolment: string,
): Promise<{ card: NodeCard & { certificate: string } } & Pick<NodeKeys, 'peerId' | 'ticketAlg'>> {
  const { nodeId, epoch } = card;
  if (nodeId !== session.nodeId) {
    throw new RizomaError('forbidden', `this is the link of ${session.nodeId}, not of ${nodeId}`);
  }
  const keys: NodeKeys = await checkEnrolment(enrolment, { nodeId, epoch, now_ms: Date.now() });
  const { peerId, ticketAlg } = keys;
  await valueOf(mesh.admits({ nodeId, peerId }));
  const held = lease.cardUnder(peerId)?.certificate;
  const certificate = await certificates.certificateFor(card, keys, held);
  return { card: { ...card, certificate }, peerId, ticketAlg };
}

/** What a node checks tokens and tickets with. */
async function keysOf(
  config: Config,
  node: { nodeId: string } & Pick<NodeKeys, 'peerId' | 'ticketAlg'>,
): Promise<{ tokenKey: string; ticketKey: TicketPublicKey; ticketSecret?: string }> {
  const keys = {
    tokenKey: await tokenKeyOf(config),
    ticketKey: publicTicketKey(config.ticketKey),
  };
  // A node of an earlier version would take an answer with a field more for none.
  return node.ticketAlg === ticketMac
    ? { ...keys, ticketSecret: await ticketSecretOf(config.ticketKey, node) }
    : keys;
}

/** Whom a pass lets in at this node; the room is not asked. */
async function visitorOf(
  components: NodeCallComponents,
  { config }: { config: Config },
  token: { tokenId: string; pass: string },
): Promise<{ roomId: string; userName: string; role: string }> {
  const { card } = registered(components);
  const key = publicTicketKey(config.ticketKey);
  const { pictures } = components;
  const opened = await openPass({ pictures, key, now: () => Date.now() }, token);
  refuseOutside(opened.pin, card);
  const { userName, role } = opened.pass;
  return { roomId: opened.roomId, userName, role };
}

/** Under which lease the session speaks. Throws `conflict` where it has none that lives. */
function registered({ lease, session }: NodeCallComponents): { speaker: Speaker; card: NodeCard } {
  const card = lease.cardOf(session.lease);
  if (card === undefined || session.lease === undefined) {
    throw new RizomaError('conflict', 'this node has no lease: register it first');
  }
  return { speaker: { nodeId: card.nodeId, lease: session.lease }, card };
}
