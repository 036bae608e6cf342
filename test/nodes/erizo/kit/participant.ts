import type { Route } from '../../../../protocol/cascade-tree.ts';
import type {
  ClientSdpMessage,
  ConnectionPlan,
  SdpMessage,
  StreamConfig,
} from '../../../../protocol/contracts/controller-erizo.ts';
import { newStreamId, newUuid } from '../../../../protocol/ids.ts';
import type { EndpointPage, Played } from '../../../support/endpoint/endpoint-page.ts';
import type { Seen } from '../../../support/endpoint/seen.ts';
import { codeOf } from './empty.ts';
import { grantOf, roomId } from './grants.ts';
import type { TestController } from './test-controller.ts';
import { until } from './until.ts';

const patience_ms = 30_000;

/** About half a second of video. */
const someFrames = 8;

export interface PublishOptions {
  simulcast?: boolean;
  /** Instead of one that lets the room be anywhere. */
  grant?: string;
  /** Changes the offer before it is sent. */
  sdp?: (sdp: string) => string;
}

/** A published stream. */
export interface TestStream {
  readonly streamId: string;
  readonly label: string;
}

/** A client: an endpoint carries its media, and the test its signalling. */
export class Participant {
  readonly clientId = newUuid();
  readonly plan: ConnectionPlan;
  readonly page: EndpointPage;
  controller: TestController;
  /** Changes an answer before it is sent. */
  spoil: (sdp: string) => string | Promise<string> = (sdp) => sdp;
  /** It refuses the next offer. */
  refuseNext = false;
  /** Its controller receives audio levels and active speakers. */
  hears: true | undefined;
  /** It subscribes with this last-N limit. */
  lastN: number | undefined;
  /** It sends only the layers that its controller asks for. */
  follows: true | undefined;
  lastConnectionId = '';
  publishConnectionId = '';
  #layersSet: Promise<void> = Promise.resolve();

  constructor(
    components: { page: EndpointPage; controller: TestController },
    { plan = 'dual' }: { plan?: ConnectionPlan } = {},
  ) {
    this.page = components.page;
    this.controller = components.controller;
    this.plan = plan;
    this.controller.participants.set(this.clientId, this);
  }

  /** Uses another link of its controller from now on. */
  moveTo(controller: TestController): void {
    this.controller = controller;
    controller.participants.set(this.clientId, this);
  }

  /** Publishes camera and microphone; resolves when media flows. */
  async publish(options: PublishOptions = {}): Promise<TestStream> {
    const streamId = newStreamId();
    const label = await this.page.openCamera(options.simulcast === true ? 'large' : 'small');
    const { clientId, plan, hears, follows } = this;
    const grant = options.grant ?? (await grantOf());
    let offered: Promise<unknown> = Promise.resolve();
    const added = this.controller.peer.call(
      'addPublisher',
      {
        ...{ roomId, clientId, streamId, grant },
        options: { ...{ audio: true, video: true, label, plan }, ...{ hears, follows } },
      },
      {
        onPart: ({ connectionId }) => {
          this.publishConnectionId = connectionId;
          offered = this.#offer(connectionId, label, options);
          offered.catch(() => undefined);
        },
      },
    );
    const [result] = await Promise.allSettled([added]);
    const [said] = await Promise.allSettled([offered]);
    if (result.status === 'rejected') {
      // The offer and what waits for it are refused for the same reason.
      const thrown: unknown[] = [
        result.reason,
        said.status === 'rejected' ? said.reason : undefined,
      ];
      const [added_, said_] = thrown.map(codeOf);
      throw added_ === said_ ? result.reason : new Error(`refused with ${added_}, ${said_}`);
    }
    return { streamId, label };
  }

  async #offer(connectionId: string, label: string, options: PublishOptions): Promise<void> {
    const simulcast = options.simulcast ?? false;
    const sdp = await this.page.offer({ connectionId, label, simulcast });
    await this.say(connectionId, { type: 'offer', sdp: options.sdp?.(sdp) ?? sdp });
  }

  /** Plays a stream; resolves when media can flow. */
  async subscribe({ streamId }: { streamId: string }, route: Route, grant?: string): Promise<void> {
    const { clientId, plan, hears, lastN } = this;
    await this.controller.peer.call('addSubscriber', {
      ...{ roomId, clientId, streamId, route },
      grant: grant ?? (await grantOf()),
      options: { audio: true, video: true, plan, hears, lastN },
    });
  }

  /** Configures a stream that it publishes or plays. */
  configure(streamId: string, config: StreamConfig): Promise<null> {
    const { clientId } = this;
    return this.controller.peer.call('processStreamMessage', { clientId, streamId, config });
  }

  unsubscribe(streamId: string): Promise<null> {
    const { clientId } = this;
    return this.controller.peer.call('removeSubscriber', { clientId, streamId });
  }

  async onMessage(connectionId: string, msg: SdpMessage): Promise<void> {
    this.lastConnectionId = connectionId;
    const { sdp } = msg;
    if (msg.type === 'answer') {
      await this.page.takeAnswer({ connectionId, sdp });
      return;
    }
    if (this.refuseNext) {
      this.refuseNext = false;
      await this.say(connectionId, { type: 'offer-error' });
      return;
    }
    const answer = await this.page.answer({ connectionId, sdp });
    await this.say(connectionId, { type: 'answer', sdp: await this.spoil(answer) });
  }

  /** Sends a signalling message about one of its connections. */
  say(connectionId: string, msg: ClientSdpMessage): Promise<null> {
    const { clientId } = this;
    return this.controller.peer.call('processConnectionMessage', { clientId, connectionId, msg });
  }

  /** Resolves when the connection can carry media. */
  async connects(connectionId: string): Promise<void> {
    const state = (): Promise<string | undefined> => this.page.connectionState(connectionId);
    await until(state, (now) => now === 'connected', patience_ms);
  }

  /** Restarts ICE on each of its connections; resolves when all offers were answered. */
  async restartIce(): Promise<void> {
    for (const { connectionId, sdp } of await this.page.restartIce()) {
      await this.say(connectionId, { type: 'offer', sdp });
    }
    await until(
      () => this.page.isStable(),
      (isStable) => isStable,
      patience_ms,
    );
  }

  /** Ends its connections without a word over signalling, as a browser does that goes. */
  dropConnections(): Promise<void> {
    return this.page.dropConnections();
  }

  /** Sends the layers of its videos up to this one, or none of them. */
  sendUpTo(spatial: number | null): Promise<void> {
    // One after the other: a browser refuses to set what another call has set meanwhile.
    const set = this.#layersSet.then(() => this.page.sendUpTo(spatial));
    this.#layersSet = set.catch(() => undefined);
    return set;
  }

  /** Bytes of video that it has sent so far, by the rid of the layer. */
  sent(): Promise<Record<string, number>> {
    return this.page.sent();
  }

  /** Waits until it has sent so many frames more. */
  async sends(frames: number): Promise<void> {
    const before = await this.page.framesSent();
    await until(
      () => this.page.framesSent(),
      (now) => now >= before + frames,
      patience_ms,
    );
  }

  /** Counts what it has played of a stream so far. */
  played({ streamId }: { streamId: string }): Promise<Played> {
    // In offers of ErizoJS the id of the MediaStream is that of the stream.
    return this.page.played(streamId);
  }

  /** Waits until it has played so many frames of the stream more, and audio. */
  async plays(
    stream: { streamId: string },
    frames = someFrames,
    longest_ms = patience_ms,
  ): Promise<Played> {
    const before = await this.played(stream);
    return until(
      () => this.played(stream),
      (now) => now.frames >= before.frames + frames && now.audioPackets > before.audioPackets,
      longest_ms,
    );
  }

  /** Waits until so many packets of the stream's sound have come. */
  async hearsMore(stream: { streamId: string }, packets: number): Promise<Played> {
    const before = await this.played(stream);
    return until(
      () => this.played(stream),
      (now) => now.audioPackets >= before.audioPackets + packets,
      patience_ms,
    );
  }

  /** Waits until the pictures of the stream have this width. */
  async seesWidth(
    stream: { streamId: string },
    width: number,
    longest_ms = patience_ms,
  ): Promise<void> {
    await until(
      () => this.played(stream),
      (now) => now.width === width,
      longest_ms,
    );
  }

  /** Waits until the stream has so many tracks here. */
  async hasTracks({ streamId }: { streamId: string }, count: number): Promise<void> {
    await until(
      () => this.page.tracksIn(streamId),
      (now) => now === count,
      patience_ms,
    );
  }

  /** Lists the frames that passed, for a participant that joined with `watchFrames`. */
  seen(): Promise<Seen[]> {
    return this.page.seen();
  }
}
