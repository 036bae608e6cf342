import type { Handlers } from '../../protocol/contract.ts';
import type { NodeCard, NodeToEdge } from '../../protocol/contracts/node-edge.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { roomOfToken } from '../../protocol/ids.ts';
import { publicTicketKey } from '../../protocol/ticket.ts';
import { checkTokenSignature } from '../../protocol/token.ts';
import type { Config } from '../config.ts';
import { tokenKeyOf } from '../config.ts';
import type { Notice, RoomApi, Speaker } from './api.ts';
import type { NodeLease } from './node-lease.ts';
import type { NodeRooms } from './node-rooms.ts';
import { valueOf } from './outcome.ts';

/** The socket that a node speaks over. */
export interface NodeSession {
  /** The node that dialled, by the path of its request. */
  readonly nodeId: string;
  /** The lease under which it registered over this socket. */
  lease: number | undefined;
  notify(notice: Notice): void;
  /** Keeps the object awake until it is done. */
  background(task: () => Promise<void>): void;
}

export interface NodeCallComponents {
  readonly lease: NodeLease;
  readonly rooms: NodeRooms;
  readonly session: NodeSession;
  readonly room: (roomId: string) => RoomApi;
}

/** What a node may call, each as a row of `nodeToEdge`. */
export function nodeCalls(
  components: NodeCallComponents,
  options: { config: Config },
): Handlers<NodeToEdge> {
  const { lease, rooms, session, room } = components;
  const { config } = options;
  return {
    'node.register': async ({ card, load }) => {
      if (card.nodeId !== session.nodeId) {
        throw new RizomaError(
          'forbidden',
          `this is the link of ${session.nodeId}, not of ${card.nodeId}`,
        );
      }
      const number = lease.register(card);
      session.lease = number;
      const nodes = await lease.join(number, card, load);
      session.notify({ method: 'mesh.members', params: { nodes } });
      return { tokenKey: await tokenKeyOf(config), ticketKey: publicTicketKey(config.ticketKey) };
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
      const { tokenId, host } = token;
      return await valueOf(room(roomOfToken(tokenId)).consumeToken({ tokenId, host }));
    },
    'room.enter': async ({ roomId, facts }) => {
      const { speaker, card } = registered(components);
      return await rooms.enter(roomId, speaker, { region: card.region, facts });
    },
    'room.facts': async ({ roomId, facts }) =>
      await rooms.facts(roomId, registered(components).speaker, facts),
    'room.leave': async ({ roomId }) => await rooms.leave(roomId, registered(components).speaker),
  };
}

/** Under which lease the session speaks. Throws `conflict` where it has none that lives. */
function registered({ lease, session }: NodeCallComponents): { speaker: Speaker; card: NodeCard } {
  const card = lease.cardOf(session.lease);
  if (card === undefined || session.lease === undefined) {
    throw new RizomaError('conflict', 'this node has no lease: register it first');
  }
  return { speaker: { nodeId: card.nodeId, lease: session.lease }, card };
}
