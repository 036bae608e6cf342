import { readFileSync } from 'node:fs';
import { systemClock } from '../../../protocol/clock.ts';
import type { SdpMessage } from '../../../protocol/contracts/controller-erizo.ts';
import {
  controllerToErizo,
  erizoToController,
} from '../../../protocol/contracts/controller-erizo.ts';
import { newHexId, newStreamId, newUuid } from '../../../protocol/ids.ts';
import { RpcPeer } from '../../../protocol/rpc-peer.ts';
import { grantOf } from '../../nodes/erizo/kit/grants.ts';
import { TestAgent } from '../../nodes/erizo/kit/test-agent.ts';
import { TestErizo } from '../../nodes/erizo/kit/test-erizo.ts';
import { closeWires, controllerIn } from '../../nodes/erizo/kit/wires.ts';
import { Endpoint } from '../../support/endpoint/endpoint.ts';
import { receivingAnswer, transportOf } from '../../support/endpoint/sdp.ts';
import type { Guest, Published, Side } from './side.ts';
import { newSent, publishOffer } from './side.ts';

type Peer = RpcPeer<typeof controllerToErizo, typeof erizoToController>;

/** What came for one client: told to whoever waits for it. */
type OnMessage = (connectionId: string, msg: SdpMessage) => void;

interface BenchClient {
  readonly roomId: string;
  readonly clientId: string;
  readonly endpoints: Endpoint[];
}

/** An ErizoJS process with its worker, and a controller that is the bench. */
export class ErizoSide implements Side {
  readonly pids: readonly number[];
  readonly #ip: string;
  readonly #agent: TestAgent;
  readonly #erizo: TestErizo;
  readonly #peer: Peer;
  readonly #clients = new Map<string, OnMessage>();
  readonly #rooms = new Map<string, string>();

  private constructor(
    components: { agent: TestAgent; erizo: TestErizo },
    options: { ip: string; pids: readonly number[] },
  ) {
    this.#agent = components.agent;
    this.#erizo = components.erizo;
    this.#ip = options.ip;
    this.pids = options.pids;
    const hello = JSON.stringify({ kind: 'controller', id: newUuid() });
    this.#peer = RpcPeer.create(
      {
        link: controllerIn(this.#erizo.hop.region).dial({
          ...{ to: this.#erizo.hop, hello, name: 'bench' },
        }),
        clock: systemClock,
        handlers: {
          connectionMessage: ({ clientId, connectionId, msg }) =>
            this.#clients.get(clientId)?.(connectionId, msg),
          streamFailed: ({ streamId, why }) => {
            throw new Error(`stream ${streamId} failed: ${why}`);
          },
          bandwidthAlert: () => undefined,
          inputEnded: () => undefined,
          layersWanted: () => undefined,
          load: () => undefined,
          qualityLevel: () => undefined,
          videosShown: () => undefined,
          recordingEnded: () => undefined,
          activeSpeaker: () => undefined,
          audioLevels: () => undefined,
        },
      },
      { outgoing: controllerToErizo, incoming: erizoToController },
    );
  }

  static async create(ip: string): Promise<ErizoSide> {
    const agent = await TestAgent.create();
    const erizo = await TestErizo.create(agent, { region: 'eu-west', ip });
    const pid = erizo.child.pid ?? 0;
    return new ErizoSide({ agent, erizo }, { ip, pids: [pid, ...childrenOf(pid)] });
  }

  enter(name: string): Promise<Guest> {
    const roomId = this.#rooms.get(name) ?? newHexId();
    this.#rooms.set(name, roomId);
    const client: BenchClient = { roomId, clientId: newUuid(), endpoints: [] };
    return Promise.resolve({
      publish: () => this.#publish(client),
      watch: (streams) => this.#watch(client, streams),
      leave: async () => {
        const { clientId, endpoints } = client;
        this.#clients.delete(clientId);
        await this.#peer.call('removeClient', { clientId });
        await Promise.all(endpoints.map((endpoint) => endpoint.closeAfterGoodbye()));
      },
    });
  }

  async close(): Promise<void> {
    this.#peer.close();
    await this.#erizo.end();
    await this.#agent.listener.close();
    closeWires();
  }

  async #publish({ endpoints, ...client }: BenchClient): Promise<Published> {
    const endpoint = await Endpoint.create(this.#ip, 'server');
    endpoints.push(endpoint);
    const streamId = newStreamId();
    const sent = newSent();
    const answered = Promise.withResolvers<void>();
    this.#clients.set(client.clientId, (_connectionId, msg) => {
      endpoint.connect(transportOf(msg.sdp)).then(answered.resolve, answered.reject);
    });
    const offer = publishOffer(endpoint.local, sent, streamId);
    const options = { audio: true, video: true, label: streamId, plan: 'dual' as const };
    await this.#peer.call(
      'addPublisher',
      { ...client, streamId, grant: await grantOf({ roomId: client.roomId }), options },
      {
        onPart: ({ connectionId }) => {
          const msg = { type: 'offer' as const, sdp: offer };
          const params = { clientId: client.clientId, connectionId, msg };
          this.#peer.call('processConnectionMessage', params).catch(answered.reject);
        },
      },
    );
    await answered.promise;
    return { name: streamId, endpoint, sent };
  }

  async #watch(
    { roomId, clientId, endpoints }: BenchClient,
    streams: readonly Published[],
  ): Promise<Endpoint> {
    const endpoint = await Endpoint.create(this.#ip, 'client');
    endpoints.push(endpoint);
    let connected: Promise<void> | undefined;
    this.#clients.set(clientId, (connectionId, { sdp }) => {
      const msg = { type: 'answer' as const, sdp: receivingAnswer(sdp, endpoint.local) };
      const said = this.#peer.call('processConnectionMessage', { clientId, connectionId, msg });
      // An answer that is refused fails what it is for, which says so; for who has left it is for nothing.
      said.catch(() => undefined);
      connected ??= said.then(() => endpoint.connect(transportOf(sdp)));
    });
    const options = { audio: true, video: true, plan: 'dual' as const };
    const grant = await grantOf({ roomId });
    for (const { name: streamId } of streams) {
      const params = { roomId, clientId, streamId, route: [], grant, options };
      await this.#peer.call('addSubscriber', params);
    }
    await connected;
    return endpoint;
  }
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').map(Number);
}
