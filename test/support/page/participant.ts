import type { Playback, StreamStats } from '../../../client/sdk/index.ts';
import type { Patience } from '../eventually.ts';
import { eventually } from '../eventually.ts';
import type { BrowserPage } from './browser-page.ts';
import { callInPage } from './browser-page.ts';
import type { JoinWish, PageClient, Played, PublishWish, Watched } from './in-page/client.ts';
import type { RtpCounts, SentLayer } from './in-page/connections.ts';
import { clientScript } from './scripts.ts';

/** Frames after which a picture plays, rather than having stopped after its first frames. */
const playing_frames = 15;

/** The query of the demo page. */
export interface DemoWish {
  readonly room: string;
  readonly name: string;
  readonly region?: string;
  /** The number of pictures that are wanted (last-n). */
  readonly videos?: string;
}

export interface PlaysOptions extends Patience {
  /** The streams that have to play, and no others; by default all that the page shows, one at the least. */
  readonly ids?: readonly string[];
  readonly frames?: number;
  /** Whether sound has to come with the picture. */
  readonly withSound?: boolean;
}

/** Somebody in a room, in a real browser: in a page with the SDK, or in the demo page. */
export class Participant {
  readonly page: BrowserPage;

  private constructor(page: BrowserPage) {
    this.page = page;
  }

  /** An empty page of the edge's origin with the SDK, which has joined no room yet. */
  static async openPage(page: BrowserPage, edgeUrl: string): Promise<Participant> {
    await page.goto(`${edgeUrl}/healthz`);
    return await Participant.#install(page);
  }

  static async join(page: BrowserPage, edgeUrl: string, wish: JoinWish): Promise<Participant> {
    const participant = await Participant.openPage(page, edgeUrl);
    await participant.join(wish);
    return participant;
  }

  /** The demo page, told to join: it publishes its camera and plays what others publish. */
  static async openDemo(page: BrowserPage, edgeUrl: string, wish: DemoWish): Promise<Participant> {
    await page.goto(`${edgeUrl}/?${new URLSearchParams({ ...wish })}`);
    await page.run(`document.getElementById('join').click()`);
    const participant = await Participant.#install(page);
    const state = () =>
      page.run<string>(`window.rizoma?.room === undefined ? document.body.innerText : 'joined'`);
    await eventually(`${wish.name} has joined`, state, (words) => words === 'joined');
    return participant;
  }

  static async #install(page: BrowserPage): Promise<Participant> {
    await page.addScript(await clientScript(), 'module');
    const client = () => page.run<string>('typeof window.client');
    await eventually('the page has run its script', client, (type) => type === 'object');
    return new Participant(page);
  }

  /** Joins with the page as it is; answers the milliseconds that took. */
  join(wish: JoinWish): Promise<number> {
    return this.#do((client, given) => client.join(given), wish);
  }

  /** Leaves the room; the page stays. */
  leave(): Promise<void> {
    return this.#do((client) => client.leave(), undefined);
  }

  place(): Promise<{ region: string; clientId: string }> {
    return this.#do((client) => {
      const { region, clientId } = client.room;
      return { region, clientId };
    }, undefined);
  }

  /** Ids of the streams that it publishes. */
  own(): Promise<string[]> {
    return this.#do((client) => client.own, undefined);
  }

  /** Ids of the streams of the others, sorted. */
  streams(): Promise<string[]> {
    return this.#do((client) => client.streams.toSorted(), undefined);
  }

  /** Events of the room in the order in which they came; see `PageClient.heard`. */
  heard(): Promise<string[]> {
    return this.#do((client) => client.heard, undefined);
  }

  /** Waits until it has heard that. */
  async hears(words: string, options: Patience = {}): Promise<void> {
    const heard = () => this.heard();
    await eventually(`heard "${words}"`, heard, (all) => all.includes(words), options);
  }

  /** Answers the stream's id. */
  async publish(wish: PublishWish = {}): Promise<string> {
    return (await this.publishTimed(wish)).id;
  }

  publishTimed(wish: PublishWish = {}): Promise<{ id: string; took_ms: number }> {
    return this.#do((client, given) => client.publish(given), wish);
  }

  /** Keeps a camera open, so that what is published later does not wait for it. */
  openCamera(camera: MediaTrackConstraints): Promise<void> {
    return this.#do((client, given) => client.openCamera(given), camera);
  }

  unpublish(id: string): Promise<void> {
    return this.#do((client, given) => client.unpublish(given), id);
  }

  /** Subscribes to a stream that is in the room and shows it; resolves when its media is there. */
  subscribe(id: string): Promise<void> {
    return this.#do((client, given) => client.subscribe(given), id);
  }

  unsubscribe(id: string): Promise<void> {
    return this.#do((client, given) => client.unsubscribe(given), id);
  }

  /** Waits for the stream at a position of the room's list, from 0, and shows it. */
  watch(index: number, untilFrame: boolean): Promise<Watched> {
    return this.#do((client, given) => client.watch(given.index, given.untilFrame), {
      index,
      untilFrame,
    });
  }

  setPlayback(id: string, playback: Playback): Promise<void> {
    return this.#do((client, given) => client.setPlayback(given.id, given.playback), {
      id,
      playback,
    });
  }

  /** Wants the pictures of the last so many speakers, or of all. */
  setLastN(count: number | undefined): Promise<void> {
    return this.#do((client, given) => client.room.setLastN(given ?? undefined), count ?? null);
  }

  /** The streams whose pictures are sent, as the server announced them last, sorted. */
  async lastN(): Promise<string[] | undefined> {
    const words = (await this.heard()).findLast((one) => one.startsWith('last-n '));
    return words?.split(' ').slice(1);
  }

  /** What the page plays, by stream. */
  played(): Promise<Played[]> {
    return this.#do((client) => client.played(), undefined);
  }

  async playedOf(id: string): Promise<Played | undefined> {
    return (await this.played()).find(({ streamId }) => streamId === id);
  }

  /**
   * Waits until each stream has shown that many more frames and, where it has sound, until more of that was
   * heard. Frames and sound are counted from now on, so that a stream which stalls does not pass.
   */
  async playsOn(options: PlaysOptions = {}): Promise<void> {
    const { frames = playing_frames, withSound = true } = options;
    const ids = options.ids?.toSorted().join();
    const least = new Map<string, { frames: number; energy: number }>();
    const goesOn = ({ streamId, sound, frames: shown }: Played): boolean => {
      const energy = sound?.energy ?? 0;
      const from = least.get(streamId) ?? { frames: shown, energy };
      // A stream that left and came back is counted from 0 again, and so is the energy of a new connection.
      least.set(streamId, {
        frames: Math.min(from.frames, shown),
        energy: Math.min(from.energy, energy),
      });
      const isSilent = withSound && sound !== undefined && energy <= from.energy;
      return !isSilent && shown >= from.frames + frames;
    };
    await eventually(
      `${options.ids?.join(' and ') ?? 'every stream'} plays on, and no other`,
      () => this.played(),
      (now) => {
        // Of all, as each one is counted from the first time that it is seen here.
        const going = now.map(goesOn);
        const shown = now.map(({ streamId }) => streamId).toSorted();
        return now.length > 0 && (ids ?? shown.join()) === shown.join() && going.every(Boolean);
      },
      options,
    );
  }

  /** Waits until the page shows pictures of exactly that many streams, all of them playing. */
  async sees(count: number): Promise<void> {
    await eventually(
      `${count} pictures play`,
      () => this.played(),
      (all) => all.length === count && all.every(({ isPlaying }) => isPlaying),
    );
  }

  /** Waits until pictures of a stream are shown. */
  async shows(id: string): Promise<void> {
    await eventually(
      `${id} is shown`,
      () => this.played(),
      (all) => all.some((one) => one.streamId === id && one.isPlaying && one.frames > 0),
    );
  }

  /** Waits until the picture of a stream, or else the first one, has this width and goes on. */
  async showsWidth(width: number, id?: string): Promise<void> {
    let framesAtWidth: number | undefined;
    await eventually(
      `a picture of ${width} pixels goes on`,
      () => this.played(),
      (all) => {
        const picture = id === undefined ? all[0] : all.find(({ streamId }) => streamId === id);
        if (picture?.width !== width) {
          return false;
        }
        framesAtWidth ??= picture.frames;
        return picture.frames > framesAtWidth;
      },
    );
  }

  /** The longest time without a new frame in any picture since the last call, in ms. */
  takeLongestPause_ms(): Promise<number> {
    return this.#do((client) => client.pictures.takeLongestPause_ms(), undefined);
  }

  /** The longest steps between two shown frames of a stream, on the publisher's clock, in ms. */
  async longestSteps_ms(id: string, count: number): Promise<number[]> {
    const steps_ms = await this.#do((client, given) => client.pictures.steps_ms(given), id);
    return steps_ms.toSorted((a, b) => b - a).slice(0, count);
  }

  /** How bright each picture is, from 0 to 255. */
  brightness(): Promise<number[]> {
    return this.#do((client) => client.pictures.brightness(), undefined);
  }

  /** RTP received so far on all connections, the closed ones included. */
  rtp(): Promise<RtpCounts> {
    return this.#do((client) => client.connections.received(), undefined);
  }

  /** Simulcast layers that it sends on its open connections, the lowest first. */
  layersSent(): Promise<SentLayer[]> {
    return this.#do((client) => client.connections.layersSent(), undefined);
  }

  isAnyConnected(): Promise<boolean> {
    return this.#do((client) => client.connections.isAnyConnected, undefined);
  }

  stats(): Promise<StreamStats[]> {
    return this.#do((client) => client.room.stats(), undefined);
  }

  /** Clicks an element of the demo page. */
  click(selector: string): Promise<void> {
    return callInPage(
      this.page,
      'document',
      (page: Document, given) => page.querySelector<HTMLElement>(given)?.click(),
      selector,
    );
  }

  /** The texts of the elements that match. */
  texts(selector: string): Promise<string[]> {
    return callInPage(
      this.page,
      'document',
      (page: Document, given) =>
        [...page.querySelectorAll(given)].map(({ textContent }) => textContent),
      selector,
    );
  }

  /** How many elements of the page match. */
  count(selector: string): Promise<number> {
    return callInPage(
      this.page,
      'document',
      (page: Document, given) => page.querySelectorAll(given).length,
      selector,
    );
  }

  /** The words of the demo page's status area; empty if all is well. */
  statusWords(): Promise<string> {
    return this.page.run<string>(`document.querySelector('#status')?.textContent ?? ''`);
  }

  /** Goes away as a person does who closes the window. */
  close(): Promise<void> {
    return this.page.close();
  }

  #do<Arg, Result>(
    run: (client: PageClient, arg: Arg) => Result | Promise<Result>,
    arg: Arg,
  ): Promise<Result> {
    return callInPage(this.page, 'window.client', run, arg);
  }
}
