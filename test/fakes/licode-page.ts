import { LicodeClient } from './licode-client.ts';
import { followNews } from './licode-news.ts';

/**
 * A page written for Licode, in a real browser: the messages that Licode's client sends, in its order,
 * with its peer connections. One a stream, or with `singlePC` one for what is published and one for
 * what is subscribed to, each for as long as the page is in the room.
 */

interface Held {
  readonly connectionId: string;
  readonly pc: RTCPeerConnection;
}

interface Received {
  readonly held: Held;
  media: MediaStream | undefined;
  /** Where the page shows it. */
  video: HTMLVideoElement | undefined;
}

type Body = Record<string, unknown>;

export class LicodePage {
  readonly #client: LicodeClient & { connected: Body };
  readonly #singlePC: boolean;
  readonly #held: Held[] = [];
  readonly #shared = new Map<string, Held>();
  readonly #published = new Map<string, { held: Held; media: MediaStream }>();
  readonly #received = new Map<string, Received>();
  /** What was told of streams, in order. */
  readonly told: string[] = [];
  readonly #wakes = new Set<() => void>();

  private constructor(client: LicodeClient & { connected: Body }) {
    this.#client = client;
    this.#singlePC = client.connected['singlePC'] === true;
    for (const event of [
      'onDataStream',
      'onUpdateAttributeStream',
      'onAddStream',
      'onRemoveStream',
    ]) {
      void this.#follow(event);
    }
    void this.#followConnections();
    void this.#followAutomatic();
    followNews(client, (words) => this.#tell(words));
  }

  /** Connects as Licode's client does: the fields of the token and the page's options in one query. */
  static async connect(token: string, options: Record<string, string>): Promise<LicodePage> {
    const fields = JSON.parse(atob(token)) as { host: string; secure: boolean };
    const query: Record<string, string> = { ...options };
    for (const [name, value] of Object.entries(fields)) {
      query[name] = String(value);
    }
    const url = `${fields.secure ? 'wss' : 'ws'}://${fields.host}`;
    return new LicodePage(await LicodeClient.join(url, query));
  }

  get connected(): Body {
    return this.#client.connected;
  }

  get connections(): number {
    return this.#open.length;
  }

  get #open(): Held[] {
    return this.#held.filter(({ pc }) => pc.signalingState !== 'closed');
  }

  async publish(attributes: Body, more: Body = {}): Promise<string> {
    const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    const options = {
      ...{ state: 'erizo', data: true, audio: true, video: true, label: media.id, attributes },
      ...{ muteStream: { audio: false, video: false }, encryptTransport: true },
      ...{ handlerProfile: null, minVideoBW: 0, maxVideoBW: 300 },
      ...more,
    };
    const [id, erizoId, connectionId] = await this.#client.ask('publish', { options });
    if (typeof id !== 'string') {
      throw new Error(String(erizoId));
    }
    const held = this.#hold('publish', String(connectionId), String(erizoId));
    for (const track of media.getTracks()) {
      const sendEncodings =
        track.kind === 'video' ? [{ rid: '1', scaleResolutionDownBy: 1, maxBitrate: 254_000 }] : [];
      held.pc.addTransceiver(track, { streams: [media], sendEncodings });
    }
    this.#published.set(id, { held, media });
    await this.until(`onAddStream ${id}`);
    return id;
  }

  /** The first section of a session stays; Licode's client stops the others. */
  async unpublish(id: string): Promise<unknown> {
    const { held, media } = this.#published.get(id) ?? {};
    const answered = this.#client.ask('unpublish', id);
    for (const transceiver of held?.pc.getTransceivers() ?? []) {
      const { track } = transceiver.sender;
      if (track === null || media?.getTracks().includes(track) !== true) {
        continue;
      }
      if (transceiver.mid === '0') {
        held?.pc.removeTrack(transceiver.sender);
      } else {
        transceiver.stop();
      }
      track.stop();
    }
    this.#published.delete(id);
    if (held !== undefined && !this.#singlePC) {
      held.pc.close();
    }
    return (await answered)[0];
  }

  /** Plays what is no camera of the page: the stream's state and what names it are Licode's. */
  async play(state: 'url' | 'recording', name: string): Promise<string> {
    const options = { state, audio: true, video: true, data: false, attributes: {} };
    const [id, words] = await this.#client.ask('publish', { options, sdp: name });
    if (typeof id !== 'string') {
      throw new Error(String(words));
    }
    await this.until(`onAddStream ${id}`);
    return id;
  }

  /** Resolves when the browser has its tracks. */
  async subscribe(id: string): Promise<void> {
    const options = {
      ...{ streamId: id, audio: true, video: true, data: true, maxVideoBW: 300 },
      ...{ browser: 'chrome-stable', muteStream: { audio: false, video: false } },
      encryptTransport: true,
    };
    const [result, erizoId, connectionId] = await this.#client.ask('subscribe', { options });
    if (result !== true) {
      throw new Error(String(erizoId));
    }
    const held = this.#hold('subscribe', String(connectionId), String(erizoId));
    this.#received.set(id, { held, media: undefined, video: undefined });
    await this.until(`media ${id}`);
  }

  /** Resolves with the answer to something else that Licode's client may ask. */
  async ask(event: string, message: unknown): Promise<unknown> {
    return (await this.#client.ask(event, message))[0];
  }

  /** Resolves with the answer to a change of a stream. */
  async update(id: string, config: Body): Promise<unknown> {
    const msg = { type: 'updatestream', config };
    return this.ask('streamMessage', { options: { streamId: id, msg } });
  }

  /** Licode's client is done when it was answered and its tracks are gone. */
  async unsubscribe(id: string): Promise<unknown> {
    const [answer] = await this.#client.ask('unsubscribe', id);
    await this.until(`no media ${id}`);
    this.#end(id);
    return answer;
  }

  async sendData(id: string, msg: unknown): Promise<void> {
    await this.#client.ask('sendDataStream', { id, msg });
  }

  async setAttributes(id: string, attrs: Body): Promise<void> {
    await this.#client.ask('updateStreamAttributes', { id, attrs });
  }

  /** The network breaks; resolves when the socket is back. */
  async cut(): Promise<void> {
    const back = new Promise<void>((resolve) => {
      this.#client.socket.once('connect', () => resolve());
    });
    this.#client.cut({ comeBack: true });
    await back;
  }

  /** Begins ICE anew on all connections, as Licode's client does when one has failed. */
  async restartIce(): Promise<void> {
    for (const { pc } of this.#open) {
      const answered = new Promise<void>((resolve) => {
        pc.addEventListener('signalingstatechange', function look() {
          if (pc.signalingState === 'stable') {
            pc.removeEventListener('signalingstatechange', look);
            resolve();
          }
        });
      });
      pc.restartIce();
      await answered;
    }
  }

  async disconnect(): Promise<void> {
    for (const { pc } of this.#held) {
      pc.close();
    }
    await this.#client.ask('clientDisconnection', undefined);
    this.#client.socket.disconnect();
  }

  /** What came of a stream so far: frames decoded, their width, packets of sound. */
  async played(id: string): Promise<{ frames: number; width: number; packets: number }> {
    const { held, media } = this.#received.get(id) ?? {};
    const ids = new Set(media?.getTracks().map((track) => track.id));
    const sums = { frames: 0, width: 0, packets: 0 };
    for (const report of (await held?.pc.getStats())?.values() ?? []) {
      if (report.type === 'inbound-rtp' && ids.has(report.trackIdentifier)) {
        sums.frames += report.framesDecoded ?? 0;
        sums.width = Math.max(sums.width, report.frameWidth ?? 0);
        sums.packets += report.kind === 'audio' ? (report.packetsReceived ?? 0) : 0;
      }
    }
    return sums;
  }

  /** Frames that the element which has shown the stream from the beginning has shown so far. */
  shown(id: string): number {
    return this.#received.get(id)?.video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
  }

  /** Takes a notification out of those that were told; false if it was not told. */
  take(words: string): boolean {
    const index = this.told.indexOf(words);
    if (index !== -1) {
      this.told.splice(index, 1);
    }
    return index !== -1;
  }

  /** Resolves when it was told, and takes it out of what was told. */
  async until(words: string): Promise<void> {
    while (!this.take(words)) {
      await new Promise<void>((resolve) => this.#wakes.add(resolve));
    }
  }

  #tell(words: string): void {
    this.told.push(words);
    for (const wake of this.#wakes) {
      wake();
    }
    this.#wakes.clear();
  }

  async #follow(event: string): Promise<never> {
    for (;;) {
      const { id, ...rest } = (await this.#client.next(event)) as { id: string } & Body;
      const more = 'msg' in rest ? rest['msg'] : rest['attrs'];
      this.#tell(`${event} ${id}${more === undefined ? '' : ` ${JSON.stringify(more)}`}`);
      if (event === 'onRemoveStream') {
        this.#end(id);
      }
    }
  }

  /** Licode's client hears of streams that it did not ask for by name in a message of their process. */
  async #followAutomatic(): Promise<never> {
    for (;;) {
      const { mess, context } = (await this.#client.next('stream_message_erizo')) as {
        mess: { streamIds: string[]; connectionId?: string; erizoId?: string };
        context: string;
      };
      for (const id of mess.streamIds) {
        if (context === 'auto-streams-subscription') {
          const held = this.#hold('subscribe', String(mess.connectionId), String(mess.erizoId));
          this.#received.set(id, { held, media: undefined, video: undefined });
        } else {
          this.#end(id);
        }
      }
      this.#tell(`${context} of ${mess.streamIds.length}`);
    }
  }

  async #followConnections(): Promise<never> {
    for (;;) {
      const message = await this.#client.next('connection_message_erizo');
      const { connectionId, evt } = message as {
        connectionId: string;
        evt: RTCSessionDescriptionInit | { type: 'quality_level'; level: number };
      };
      if (evt.type === 'quality_level') {
        this.#tell(`quality ${evt.level}`);
        continue;
      }
      const held = this.#held.findLast((one) => one.connectionId === connectionId);
      if (held !== undefined && (evt.type === 'offer' || evt.type === 'answer')) {
        // Not one after the other: what a closed connection was asked is never done.
        void this.#take(held, evt);
      }
    }
  }

  async #take({ pc, connectionId }: Held, description: RTCSessionDescriptionInit): Promise<void> {
    if (pc.signalingState === 'closed') {
      return;
    }
    try {
      await pc.setRemoteDescription(description);
      if (description.type === 'offer') {
        await pc.setLocalDescription();
        const { type, sdp } = pc.localDescription ?? {};
        this.#say(connectionId, { type, sdp });
      }
    } catch {
      if (description.type === 'offer') {
        this.#say(connectionId, { type: 'offer-error' });
      }
    }
  }

  #hold(direction: string, connectionId: string, erizoId: string): Held {
    const shared = this.#singlePC ? this.#shared.get(`${direction} ${erizoId}`) : undefined;
    if (shared !== undefined) {
      return shared;
    }
    const pc = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' });
    const held = { connectionId, pc };
    pc.addEventListener('negotiationneeded', () => void this.#offer(held));
    pc.addEventListener('icecandidate', ({ candidate }) => {
      const { sdpMLineIndex, sdpMid, candidate: line } = candidate ?? {};
      const said =
        line === undefined
          ? { sdpMLineIndex: -1, sdpMid: 'end', candidate: 'end' }
          : { sdpMLineIndex, sdpMid, candidate: `a=${line}` };
      this.#say(connectionId, { type: 'candidate', candidate: said });
    });
    pc.addEventListener('track', ({ streams: [media] }) => this.#onTrack(media));
    this.#held.push(held);
    if (this.#singlePC) {
      this.#shared.set(`${direction} ${erizoId}`, held);
    }
    return held;
  }

  async #offer({ pc, connectionId }: Held): Promise<void> {
    await pc.setLocalDescription();
    this.#say(connectionId, { type: pc.localDescription?.type, sdp: pc.localDescription?.sdp });
  }

  /** Licode's client finds the stream by its label, which is the id of the MediaStream. */
  #onTrack(media: MediaStream | undefined): void {
    const received = this.#received.get(media?.id ?? '');
    if (media === undefined || received === undefined || received.media === media) {
      return;
    }
    received.media = media;
    media.addEventListener('removetrack', () => {
      if (media.getTracks().length === 0) {
        this.#tell(`no media ${media.id}`);
      }
    });
    const video = document.createElement('video');
    video.muted = true;
    video.autoplay = true;
    video.srcObject = media;
    document.body.append(video);
    received.video = video;
    this.#tell(`media ${media.id}`);
  }

  #end(id: string): void {
    const received = this.#received.get(id);
    this.#received.delete(id);
    if (!this.#singlePC) {
      received?.held.pc.close();
    }
  }

  #say(connectionId: string, msg: Body): void {
    void this.#client.ask('connectionMessage', {
      options: { connectionId, msg, browser: 'chrome-stable' },
    });
  }
}
