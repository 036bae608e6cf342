import * as v from 'valibot';
import { ConnectionMessageErizo } from '../../../protocol/contracts/client.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { parse } from '../../../protocol/parse.ts';
import { LicodeClient } from '../../fakes/licode-client.ts';
import type { Published } from './side.ts';
import { newSent, publishOffer } from './side.ts';
import { entranceBy } from '../../support/entrance.ts';
import { Endpoint } from '../../support/endpoint/endpoint.ts';
import { receivingAnswer, transportOf } from '../../support/endpoint/sdp.ts';

const Answered = v.looseTuple([v.string(), v.unknown(), v.string()]);
const Subscribed = v.looseTuple([v.literal(true), v.unknown(), v.string()]);

/** Where a client joins, and from which address its media goes. */
export interface Entrance {
  edgeUrl: string;
  token: string;
  ip: string;
}

/** A client without a browser: the edge, the signalling and the media are those of the SDK's wire. */
export class LightClient {
  readonly #signalling: LicodeClient;
  readonly #ip: string;
  readonly #endpoints = new Set<Endpoint>();
  /** Those that the server offers on, by the ids of their connections. */
  readonly #watching = new Map<string, Promise<Endpoint>>();
  readonly #answered = Promise.withResolvers<string>();
  /** Resolves with the first packet that comes on any of them. */
  readonly #first = Promise.withResolvers<void>();
  #left = false;

  private constructor(signalling: LicodeClient, ip: string) {
    this.#signalling = signalling;
    this.#ip = ip;
    // Who plays nothing waits for no packet, and need not hear why none comes.
    this.#first.promise.catch(() => undefined);
    this.#answered.promise.catch(() => undefined);
  }

  static async join({ edgeUrl, token, ip }: Entrance): Promise<LightClient> {
    const { host, ticket } = await entranceBy(edgeUrl, token);
    const query = { ticket, plan: 'dual' };
    const client = new LightClient(await LicodeClient.join(`ws://${host}`, query), ip);
    void client.#listen();
    void client.#hearFailure();
    return client;
  }

  /** Publishes audio and video; resolves when the transport is up. */
  async publish(): Promise<Published> {
    const endpoint = await this.#endpoint('server');
    const sent = newSent();
    const label = newUuid();
    const options = { state: 'erizo', data: false, screen: false, audio: true, video: true };
    const wish = { ...options, label, attributes: {}, number: 0 };
    const answer = await this.#signalling.ask('publish', { options: wish, sdp: undefined });
    const [name, , connectionId] = parse(Answered, answer, 'the answer to publish');
    this.#describe(connectionId, 'offer', publishOffer(endpoint.local, sent, label));
    await endpoint.connect(transportOf(await this.#answered.promise));
    return { name, endpoint, sent };
  }

  /** Plays a stream; resolves with the first packet that comes. */
  async watch(streamId: string): Promise<void> {
    const options = { streamId, audio: true, video: true, data: false };
    const answer = await this.#signalling.ask('subscribe', { options, sdp: undefined });
    parse(Subscribed, answer, 'the answer to subscribe');
    await this.#first.promise;
  }

  /** Says goodbye, and waits for that of the other side: whoever is merely cut off is waited for. */
  async leave(): Promise<void> {
    this.#left = true;
    this.#signalling.socket.disconnect();
    await Promise.all([...this.#endpoints].map((endpoint) => endpoint.closeAfterGoodbye()));
  }

  async #endpoint(role: 'client' | 'server'): Promise<Endpoint> {
    const endpoint = await Endpoint.create(this.#ip, role);
    this.#endpoints.add(endpoint);
    if (this.#left) {
      await endpoint.close();
    }
    return endpoint;
  }

  #describe(connectionId: string, type: 'offer' | 'answer', sdp: string): void {
    const options = { connectionId, msg: { type, sdp } };
    void this.#signalling.ask('connectionMessage', { options });
  }

  async #listen(): Promise<void> {
    while (!this.#left) {
      const message = await this.#signalling.next('connection_message_erizo');
      const { connectionId, evt } = parse(ConnectionMessageErizo, message, 'a message');
      if (evt.type === 'answer') {
        this.#answered.resolve(evt.sdp);
      } else if (evt.type === 'offer') {
        await this.#answer(connectionId, evt.sdp);
      } else if (evt.type === 'error') {
        this.#first.reject(new Error(`the server says ${JSON.stringify(evt)}`));
      }
    }
  }

  async #hearFailure(): Promise<void> {
    const failure = await this.#signalling.next('connection_failed');
    const error = new Error(`the server says ${JSON.stringify(failure)}`);
    this.#first.reject(error);
    this.#answered.reject(error);
  }

  /** The first offer of a connection is for its transport too, and the next ones for what is on it. */
  async #answer(connectionId: string, offer: string): Promise<void> {
    const known = this.#watching.get(connectionId);
    const made = known ?? this.#endpoint('client');
    this.#watching.set(connectionId, made);
    const endpoint = await made;
    this.#describe(connectionId, 'answer', receivingAnswer(offer, endpoint.local));
    if (known === undefined) {
      void endpoint.firstPacket.then(this.#first.resolve);
      // What comes of it the first packet tells; whoever leaves meanwhile does not wait for it.
      endpoint.connect(transportOf(offer)).catch((error: unknown) => this.#first.reject(error));
    }
  }
}
