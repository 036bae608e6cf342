import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, expect } from 'vitest';
import { Controller } from '../../../nodes/controller/controller.ts';
import type { DoorOptions } from '../../../nodes/controller/door.ts';
import { Neighbours } from '../../../nodes/controller/neighbours.ts';
import { NodeMeasures } from '../../../nodes/node-measures.ts';
import { newCurveKeyPair } from '../../../nodes/link/zmq-curve.ts';
import type { ZmqSockets } from '../../../nodes/link/zmq-sockets.ts';
import { systemClock } from '../../../protocol/clock.ts';
import type { NodeCard } from '../../../protocol/contracts/node-edge.ts';
import { newHexId } from '../../../protocol/ids.ts';
import { peerIdOf } from '../../../protocol/peer-id.ts';
import type { TicketPrivateKey } from '../../../protocol/ticket.ts';
import { FakeAgent } from '../../fakes/fake-agent.ts';
import { FakeEdge, newTicketKey } from '../../fakes/fake-edge.ts';
import type { FakeErizo } from '../../fakes/fake-erizo.ts';
import { FakeMembers } from '../../fakes/fake-members.ts';
import { memberKey, testSockets } from '../../support/zmq.ts';
import { LicodeClient } from '../../fakes/licode-client.ts';

export const self = { nodeId: 'eu-west-1', region: 'eu-west' };
export const elsewhere = { nodeId: 'us-east-1', region: 'us-east' };

/** Of all nodes of a test, so that each world stands for any of them. */
const own = newCurveKeyPair();

export interface WorldOptions {
  clientsPerErizo?: number;
  /** The node that it is, and the only one that it knows beside. */
  self?: { nodeId: string; region: string };
  other?: { nodeId: string; region: string };
  /** Which handshakes are looked at. */
  door?: DoorOptions;
  /** With which the edge signs, where several worlds have one edge. */
  edgeKey?: TicketPrivateKey;
}

/** One real controller on a real http server, with an edge, an agent and ErizoJS processes of tests. */
export class World {
  readonly node: { nodeId: string; region: string };
  readonly edge: FakeEdge;
  readonly members: FakeMembers;
  readonly agent: FakeAgent;
  readonly controller: Controller;
  readonly neighbours: Neighbours;
  readonly zmq: ZmqSockets;
  readonly url: string;
  readonly host: string;
  /** Of the measures of the controller. */
  readonly registry: Registry;
  readonly roomId = newHexId();
  readonly #end: () => Promise<void>;

  constructor(
    parts: Pick<
      World,
      | 'node'
      | 'edge'
      | 'members'
      | 'agent'
      | 'controller'
      | 'neighbours'
      | 'zmq'
      | 'host'
      | 'registry'
    >,
    end: () => Promise<void>,
  ) {
    this.node = parts.node;
    this.edge = parts.edge;
    this.members = parts.members;
    this.agent = parts.agent;
    this.controller = parts.controller;
    this.neighbours = parts.neighbours;
    this.zmq = parts.zmq;
    this.host = parts.host;
    this.registry = parts.registry;
    this.url = `ws://${parts.host}`;
    this.#end = end;
    this.edge.addRoom(this.roomId);
  }

  static async create(options: WorldOptions = {}): Promise<World> {
    const clock = systemClock;
    const { self: node = self, other = elsewhere } = options;
    const edge = await FakeEdge.create(node, options.edgeKey);
    const { nodeId } = node;
    const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' });
    const { zmq, keyring, close: closeZmq } = await testSockets({ log }, { ...node, own });
    keyring.replace([memberKey(other, own)]);
    const agent = await FakeAgent.create({ clock, zmq, nodeId });
    const server = createServer((_request, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const members = new FakeMembers();
    const epoch = crypto.randomUUID();
    const card: NodeCard = {
      ...node,
      epoch,
      place: { lat: 53, lon: -6 },
      host,
      secure: false,
      agent: agent.endpoint,
      version: 'test',
    };
    members.set([card]);
    const controllerId = `${nodeId}/${epoch}`;
    const neighbours = await Neighbours.create(
      { clock, log, zmq },
      { controllerId, ip: '127.0.0.1' },
    );
    const registry = new Registry();
    const measures = new NodeMeasures({ registry });
    const controller = await Controller.create(
      { clock, log, edge, members, server, neighbours, zmq, measures },
      {
        ...node,
        epoch,
        peerId: peerIdOf(await newTicketKey()),
        maxErizosPerRoom: 3,
        clientsPerErizo: options.clientsPerErizo ?? 10,
        consumersPerErizo: 500,
        cpuPerErizo: 0.8,
        ...options.door,
      },
    );
    const parts = { node, edge, members, agent, controller, neighbours, zmq, host, registry };
    return new World(parts, async () => {
      await controller.close();
      await neighbours.close();
      await agent.close();
      closeZmq();
      await new Promise((resolve) => server.close(resolve));
    });
  }

  /** There is another node, whose controller is reached there. */
  meet(node: { nodeId: string; region: string; controller: string }): void {
    const own = this.members.agentsOf(this.node.region);
    const epoch = crypto.randomUUID();
    const place = { lat: 39, lon: -77 };
    this.members.set([...own, { ...node, epoch, place, secure: false, version: 'test' }]);
  }

  close(): Promise<void> {
    return this.#end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Somebody with a fresh ticket. */
  async join(
    changes: { role?: string; clientId?: string; query?: Record<string, string> } = {},
  ): Promise<Awaited<ReturnType<typeof LicodeClient.join>>> {
    const ticket = await this.ticket(changes);
    return LicodeClient.join(this.url, { ticket, ...changes.query });
  }

  ticket(changes: { role?: string; clientId?: string } = {}): Promise<string> {
    return this.edge.ticket({
      roomId: this.roomId,
      userName: 'ann',
      role: changes.role ?? 'presenter',
      clientId: changes.clientId ?? crypto.randomUUID(),
    });
  }

  /** The ErizoJS process that was made as the nth. */
  erizo(index: number): FakeErizo {
    const erizo = this.agent.erizos[index];
    if (erizo === undefined) {
      throw new Error(`no ErizoJS ${index} was made`);
    }
    return erizo;
  }

  /** Publishes, negotiates, and resolves with the stream id once the stream is in the room. */
  async publish(client: LicodeClient, more: object = {}): Promise<string> {
    const message = { options: { ...publishMessage.options, ...more } };
    const [streamId, erizoId, connectionId] = await client.ask('publish', message);
    const msg = { type: 'offer', sdp: 'offer' };
    await client.ask('connectionMessage', { options: { connectionId, erizoId, msg } });
    const answer = await client.next('connection_message_erizo');
    expect(answer).toMatchObject({ connectionId, evt: { type: 'answer' } });
    await until(client, 'onAddStream', streamId);
    return String(streamId);
  }

  /** Subscribes and negotiates; resolves with the connection id when the offer was answered. */
  async subscribe(client: LicodeClient, streamId: string, more: object = {}): Promise<string> {
    const options = { streamId, audio: true, video: true, ...more };
    const answer = await client.ask('subscribe', { options });
    if (answer[0] !== true) {
      throw new Error(String(answer[1]));
    }
    const connectionId = String(answer[2]);
    const offer = await client.next('connection_message_erizo');
    expect(offer).toMatchObject({ connectionId, evt: { type: 'offer' } });
    const msg = { type: 'answer', sdp: 'answer' };
    await client.ask('connectionMessage', { options: { connectionId, msg } });
    return connectionId;
  }
}

export const publishMessage = {
  options: {
    state: 'erizo',
    audio: true,
    video: { width: 640 },
    data: false,
    label: 'camera',
    attributes: { name: 'ann' },
  },
  sdp: undefined,
};

/** Takes messages of that name until the one about the stream. */
export async function until(client: LicodeClient, event: string, streamId: unknown): Promise<void> {
  let id: unknown;
  while (id !== streamId) {
    ({ id } = (await client.next(event)) as { id: unknown });
  }
}

/** Resolves when it holds; asked again every 5 ms, until the test's own limit. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Worlds of a test file, each closed when its test is over. */
export function worldsOfTests(): typeof World.create {
  const worlds: World[] = [];
  afterEach(async () => {
    await Promise.all(worlds.splice(0).map((world) => world.close()));
  });
  return async (options) => {
    const world = await World.create(options);
    worlds.push(world);
    return world;
  };
}

/** Who joins the room of a world. */
export const visitor = (world: World): { roomId: string; userName: string; role: string } => ({
  roomId: world.roomId,
  userName: 'ann',
  role: 'presenter',
});

const otherErizo = { erizoId: crypto.randomUUID(), endpoint: 'tcp://127.0.0.1:9' };

/** A stream that another node publishes, and the facts of that node. */
export const otherStream = {
  streamId: '123456789012345678',
  clientId: crypto.randomUUID(),
  erizoId: otherErizo.erizoId,
  userName: 'bob',
  media: { audio: true, video: true, data: false, screen: false, label: 'l', attributes: {} },
};
export const otherFacts = { erizos: [otherErizo], streams: [otherStream] };
