import type { EndpointHost, EndpointPage, Offered, Played } from './endpoint-page.ts';
import type { Camera } from './publishing.ts';
import { PublishingConnection } from './publishing.ts';
import type { Seen } from './seen.ts';
import { SubscribingConnection } from './subscribing.ts';

/** The addresses that its media comes from and goes to. */
export interface HeadlessOptions {
  ip: string;
}

/** An endpoint of media without a browser: it sends encoded clips, and counts what a decoder could show. */
export class HeadlessPage implements EndpointPage {
  readonly #ip: string;
  readonly #cameras = new Map<string, Camera>();
  readonly #publishing = new Map<string, PublishingConnection>();
  /** Made with the first offer, which may be followed by another at once. */
  readonly #subscribing = new Map<string, Promise<SubscribingConnection>>();
  readonly #opened: SubscribingConnection[] = [];
  readonly #seen: Seen[] = [];
  readonly #onSeen = (seen: Seen): void => void this.#seen.push(seen);

  constructor({ ip }: HeadlessOptions) {
    this.#ip = ip;
  }

  openCamera(size: 'small' | 'large'): Promise<string> {
    const label = crypto.randomUUID();
    this.#cameras.set(label, { label, width: size === 'large' ? 640 : 320 });
    return Promise.resolve(label);
  }

  async offer({ connectionId, label, simulcast }: Parameters<EndpointPage['offer']>[0]) {
    const camera = this.#cameras.get(label);
    if (camera === undefined) {
      throw new Error(`there is no camera ${label}`);
    }
    const options = { ip: this.#ip, onFrame: this.#onSeen };
    const connection =
      this.#publishing.get(connectionId) ?? (await PublishingConnection.create(options));
    this.#publishing.set(connectionId, connection);
    return connection.add(camera, { simulcast });
  }

  async takeAnswer({ connectionId, sdp }: Offered): Promise<void> {
    const subscribing = await this.#subscribing.get(connectionId);
    const connection = subscribing ?? this.#publishing.get(connectionId);
    connection?.takeAnswer(sdp);
  }

  async answer({ connectionId, sdp }: Offered): Promise<string> {
    const options = { ip: this.#ip, name: connectionId, onSeen: this.#onSeen };
    const made = this.#subscribing.get(connectionId) ?? SubscribingConnection.create(options);
    if (!this.#subscribing.has(connectionId)) {
      this.#subscribing.set(connectionId, made);
      this.#opened.push(await made);
    }
    return (await made).answer(sdp);
  }

  async restartIce(): Promise<Offered[]> {
    const offers: Offered[] = [];
    for (const [connectionId, connection] of await this.#connections()) {
      offers.push({ connectionId, sdp: await connection.restartIce() });
    }
    return offers;
  }

  async isStable(): Promise<boolean> {
    return (await this.#connections()).every(([, { isStable }]) => isStable);
  }

  async connectionState(connectionId: string): Promise<string | undefined> {
    const found = (await this.#connections()).find(([id]) => id === connectionId);
    return found?.[1].state;
  }

  sections(): Promise<number[]> {
    return Promise.resolve(this.#opened.map(({ sections }) => sections));
  }

  tracksIn(streamId: string): Promise<number> {
    const counts = this.#opened.map((connection) => connection.tracksIn(streamId));
    return Promise.resolve(counts.reduce((sum, count) => sum + count, 0));
  }

  played(streamId: string): Promise<Played> {
    const tracks = this.#opened.flatMap((connection) => connection.receivedOf(streamId));
    const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);
    return Promise.resolve({
      frames: sum(tracks.map(({ frames }) => frames)),
      width: tracks.findLast(({ width }) => width > 0)?.width ?? 0,
      audioPackets: sum(tracks.map(({ audioPackets }) => audioPackets)),
    });
  }

  sendUpTo(spatial: number | null): Promise<void> {
    this.#videos.forEach((video) => video.sendUpTo(spatial));
    return Promise.resolve();
  }

  sent(): Promise<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const [rid, bytes] of this.#videos.flatMap((video) => Object.entries(video.bytes))) {
      sums[rid] = (sums[rid] ?? 0) + bytes;
    }
    return Promise.resolve(sums);
  }

  framesSent(): Promise<number> {
    return Promise.resolve(this.#videos.reduce((sum, { frames }) => sum + frames, 0));
  }

  seen(): Promise<Seen[]> {
    return Promise.resolve([...this.#seen]);
  }

  async dropConnections(): Promise<void> {
    const connections = await this.#connections();
    await Promise.all(connections.map(([, connection]) => connection.close()));
  }

  screenshot(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    return this.dropConnections();
  }

  get #videos() {
    return [...this.#publishing.values()].flatMap(({ videos }) => videos);
  }

  async #connections(): Promise<[string, PublishingConnection | SubscribingConnection][]> {
    const subscribing = [...this.#subscribing].map(
      async ([id, made]): Promise<[string, SubscribingConnection]> => [id, await made],
    );
    return [...this.#publishing, ...(await Promise.all(subscribing))];
  }
}

/** Endpoints whose media comes from that address of this host. */
export function headlessHost(options: HeadlessOptions): EndpointHost {
  return {
    open: () => Promise.resolve(new HeadlessPage(options)),
    close: () => Promise.resolve(),
  };
}
