import type { ConnectionMessageErizo } from '../../protocol/contracts/client.ts';
import {
  ConnectionMessage,
  PublishMessage,
  SubscribeMessage,
} from '../../protocol/contracts/client.ts';
import type { SdpMessage } from '../../protocol/contracts/controller-erizo.ts';
import { newStreamId } from '../../protocol/ids.ts';
import { parse } from '../../protocol/parse.ts';
import { connectedMessage, FakeControllerSocket } from './fake-controller-socket.ts';

interface Side {
  readonly id: string;
  readonly pc: RTCPeerConnection;
}

interface Published {
  readonly streamId: string;
  /** The stream as which it comes back to the room. */
  readonly echoId: string;
  readonly label: string;
  /** What arrived of it. */
  media: MediaStream | undefined;
}

const erizoId = '22222222-2222-4222-8222-222222222222';

/**
 * A controller and an ErizoJS in the browser itself: what a client publishes comes back as a stream
 * of another region. It is the far end of the wire for tests of the SDK with real peer connections.
 */
export class EchoController extends FakeControllerSocket {
  /** Whether an offer overtakes the answer to `subscribe`. */
  offerFirst = false;
  /** What the next offer of the client is refused with. */
  refusal: { code: string; message: string } | undefined;
  readonly #published = new Map<string, Published>();
  readonly #subscribed = new Map<string, readonly RTCRtpTransceiver[]>();
  #incoming: Side | undefined;
  #outgoing: Side | undefined;
  /** Offers of the outgoing connection, one after another. */
  #offers: Promise<unknown> = Promise.resolve();

  constructor(url: string, query: Record<string, string>) {
    super(url, query, (socket) => {
      socket.up();
      socket.tell('connected', connectedMessage);
    });
  }

  override emit(event: string, ...args: unknown[]): void {
    const before = this.sent.length;
    super.emit(event, ...args);
    const request = this.sent[before];
    if (request !== undefined) {
      // As over a real socket: in order, and never within the client's own call.
      queueMicrotask(() => void this.#handle(request.event, request.message, request.answer));
    }
  }

  /** The ErizoJS of what is published, or of what is subscribed to, is gone without a word. */
  fail(type: 'publish' | 'subscribe'): void {
    const gone = type === 'publish' ? this.#incoming : this.#outgoing;
    gone?.pc.close();
    if (type === 'publish') {
      this.#incoming = undefined;
      for (const { streamId } of this.#published.values()) {
        this.tell('connection_failed', { type, streamId, code: 'transport' });
        this.#remove(streamId);
      }
    } else {
      this.#outgoing = undefined;
      for (const streamId of this.#subscribed.keys()) {
        this.tell('connection_failed', { type, streamId, code: 'upstream' });
      }
      this.#subscribed.clear();
    }
  }

  /** What it would say of connections that carry little: of that which it publishes on, and of its stream. */
  tellBandwidth(echoId: string): void {
    this.tell('onBandwidthAlert', { streamID: echoId, message: 'insufficient', bandwidth: 60_000 });
    for (const [side, level] of [
      [this.#incoming, 1],
      [this.#outgoing, 0],
    ] as const) {
      this.#say(side?.id ?? '', { type: 'quality_level', level });
    }
  }

  async #handle(
    event: string,
    message: unknown,
    answer: (...args: unknown[]) => void,
  ): Promise<void> {
    switch (event) {
      case 'publish':
        return this.#publish(parse(PublishMessage, message, event).options.label ?? '', answer);
      case 'unpublish':
        this.#remove(String(message));
        return answer(true);
      case 'subscribe':
        return this.#subscribe(parse(SubscribeMessage, message, event).options.streamId, answer);
      case 'unsubscribe':
        return this.#unsubscribe(String(message), answer);
      case 'connectionMessage': {
        const { connectionId, msg } = parse(ConnectionMessage, message, event).options;
        return this.#describe(connectionId, msg);
      }
    }
  }

  #publish(label: string, answer: (...args: unknown[]) => void): void {
    this.#incoming ??= this.#listen();
    const streamId = newStreamId();
    const entry = { streamId, echoId: newStreamId(), label, media: undefined };
    this.#published.set(streamId, entry);
    answer(streamId, erizoId, this.#incoming.id);
  }

  #listen(): Side {
    const side = newSide();
    side.pc.addEventListener('track', ({ streams: [media] }) => {
      for (const published of this.#published.values()) {
        if (published.label === media?.id) {
          published.media = media;
        }
      }
    });
    return side;
  }

  async #describe(connectionId: string, msg: { type: string } | SdpMessage): Promise<void> {
    const { refusal } = this;
    if (this.#outgoing?.id === connectionId && 'sdp' in msg) {
      await this.#outgoing.pc.setRemoteDescription(msg);
    } else if (this.#incoming?.id === connectionId && refusal !== undefined) {
      this.refusal = undefined;
      this.#say(connectionId, { type: 'error', previousType: 'offer', ...refusal });
    } else if (this.#incoming?.id === connectionId && 'sdp' in msg) {
      const { pc } = this.#incoming;
      await pc.setRemoteDescription(msg);
      this.#say(connectionId, { type: 'answer', sdp: await gathered(pc, await pc.createAnswer()) });
      this.#announce();
    }
  }

  #announce(): void {
    for (const { streamId, echoId, label, media } of this.#published.values()) {
      if (media !== undefined) {
        const stream = { label, data: false, screen: false, attributes: { name: 'echo' } };
        const kinds = {
          audio: media.getAudioTracks().length > 0,
          video: media.getVideoTracks().length > 0,
        };
        this.tell('onAddStream', { id: streamId, region: 'eu-west', ...stream, ...kinds });
        this.tell('onAddStream', { id: echoId, region: 'ap-northeast', ...stream, ...kinds });
      }
    }
  }

  #remove(streamId: string): void {
    const published = this.#published.get(streamId);
    if (published !== undefined) {
      this.#published.delete(streamId);
      this.tell('onRemoveStream', { id: streamId });
      this.tell('onRemoveStream', { id: published.echoId });
    }
  }

  async #subscribe(echoId: string, answer: (...args: unknown[]) => void): Promise<void> {
    const media = [...this.#published.values()].find((entry) => entry.echoId === echoId)?.media;
    if (media === undefined || this.#subscribed.has(echoId)) {
      return answer(null, `stream ${echoId} does not exist, or is subscribed to`);
    }
    this.#outgoing ??= newSide();
    const { id, pc } = this.#outgoing;
    const transceivers = media
      .getTracks()
      .map((track) => pc.addTransceiver(track, { direction: 'sendonly', streams: [media] }));
    this.#subscribed.set(echoId, transceivers);
    if (!this.offerFirst) {
      answer(true, erizoId, id);
    }
    this.#offers = this.#offers.then(async () => {
      const sdp = this.#named(await gathered(pc, await pc.createOffer()));
      this.#say(id, { type: 'offer', sdp });
      if (this.offerFirst) {
        answer(true, erizoId, id);
      }
      await until(pc, 'signalingstatechange', () => pc.signalingState !== 'have-local-offer');
    });
    await this.#offers;
  }

  /** What is echoed has the id of its stream, as the real server gives it. */
  #named(sdp: string): string {
    let named = sdp;
    for (const { echoId, media } of this.#published.values()) {
      named =
        media === undefined ? named : named.replaceAll(`msid:${media.id} `, `msid:${echoId} `);
    }
    return named;
  }

  #unsubscribe(echoId: string, answer: (...args: unknown[]) => void): void {
    for (const transceiver of this.#subscribed.get(echoId) ?? []) {
      transceiver.stop();
    }
    this.#subscribed.delete(echoId);
    answer(true);
  }

  #say(connectionId: string, evt: ConnectionMessageErizo['evt']): void {
    this.tell('connection_message_erizo', { connectionId, evt });
  }
}

function newSide(): Side {
  return { id: crypto.randomUUID(), pc: new RTCPeerConnection() };
}

/** Sets our own description and answers it with all its candidates: the client gets no others. */
async function gathered(
  pc: RTCPeerConnection,
  description: RTCSessionDescriptionInit,
): Promise<string> {
  await pc.setLocalDescription(description);
  await until(pc, 'icegatheringstatechange', () => pc.iceGatheringState === 'complete');
  return pc.localDescription?.sdp ?? '';
}

/** Waits until it holds, looking at each event of the name. */
function until(target: EventTarget, event: string, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (holds()) {
        target.removeEventListener(event, look);
        resolve();
      }
    };
    target.addEventListener(event, look);
    look();
  });
}
