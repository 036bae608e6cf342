import type { Browser, Page } from 'playwright-core';
import type * as Sdk from '../../client/sdk/index.ts';
import type { LocalSystem } from '../../infra/local.ts';
import type { CallerWish } from '../support/caller.ts';
import { tokenFor } from '../support/caller.ts';
import { openSdkPage } from '../support/sdk-page.ts';

declare global {
  interface Window {
    scene: { room: Sdk.Room; connections: RTCPeerConnection[]; lastN: string[][] };
  }
}

/** What was sent of one simulcast layer so far, and whether it is being sent. */
export interface SentLayer {
  rid: string;
  bytes: number;
  active: boolean;
  /** Which of the page's connections sends it, by the order in which they began. */
  connection: number;
}

/** Somebody with the SDK in a page of their own, whose connections the test can look at. */
export class LayersPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async join(browser: Browser, system: LocalSystem, wish: CallerWish): Promise<LayersPage> {
    const page = await openSdkPage(await browser.newContext(), system.edgeUrl);
    await page.evaluate(
      async (token) => {
        const connections: RTCPeerConnection[] = [];
        const Original = RTCPeerConnection;
        globalThis.RTCPeerConnection = class extends Original {
          constructor(configuration?: RTCConfiguration) {
            super(configuration);
            connections.push(this);
          }
        };
        window.scene = { room: await window.sdk.join({ token }), connections, lastN: [] };
      },
      await tokenFor(system, wish),
    );
    return new LayersPage(page);
  }

  /** Publishes the camera in two layers. */
  publish(): Promise<void> {
    return this.page.evaluate(async () => {
      const camera = { width: 640, height: 360, frameRate: 15 };
      const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: camera });
      await window.scene.room.publish(media, { layers: 2 });
    });
  }

  region(): Promise<string> {
    return this.page.evaluate(() => window.scene.room.region);
  }

  /** Of the connections that are there now, the lowest layer first. */
  sent(): Promise<SentLayer[]> {
    return this.page.evaluate(async () => {
      const layers = new Map<string, SentLayer>();
      for (const [connection, one] of window.scene.connections.entries()) {
        if (one.signalingState === 'closed') {
          continue;
        }
        for (const report of (await one.getStats()).values()) {
          if (report.type === 'outbound-rtp' && report.kind === 'video') {
            const { rid = '', bytesSent: bytes = 0, active = false } = report;
            layers.set(rid, { rid, bytes, active, connection });
          }
        }
      }
      return ['q', 'h', 'f'].flatMap((rid) => layers.get(rid) ?? []);
    });
  }

  /** Which connections send video. */
  async sendingConnections(): Promise<number[]> {
    return [...new Set((await this.sent()).map(({ connection }) => connection))];
  }

  /** Bytes of each layer over some seconds of the page's own time, all of the same connection. */
  async sentOver(seconds: number): Promise<Record<string, number>> {
    const before = await this.sent();
    await this.rest(seconds);
    const after = await this.sent();
    return Object.fromEntries(
      after.map(({ rid, bytes, connection }, index) => {
        const { bytes: sent = 0, connection: earlier = connection } = before[index] ?? {};
        if (connection !== earlier) {
          throw new Error(`${rid} was sent by connection ${earlier}, and now by ${connection}`);
        }
        return [rid, bytes - sent];
      }),
    );
  }

  rest(seconds: number): Promise<void> {
    return this.page.evaluate(
      (wait_ms) => new Promise<void>((resolve) => setTimeout(resolve, wait_ms)),
      seconds * 1_000,
    );
  }

  /** Plays all streams of the room that come until there are so many, and keeps what it is told of `last-n`. */
  playAll(count: number): Promise<void> {
    return this.page.evaluate(async (wanted) => {
      const { room, lastN } = window.scene;
      room.on('last-n', ({ streamIds }) => lastN.push([...streamIds].sort()));
      const streams = [...room.streams.values()];
      if (streams.length !== wanted) {
        throw new Error(`the room has ${streams.length} streams`);
      }
      await Promise.all(streams.map((stream) => room.subscribe(stream)));
    }, count);
  }

  setLastN(few: number | undefined): Promise<void> {
    return this.page.evaluate((wanted) => window.scene.room.setLastN(wanted), few);
  }

  /** Whose video comes, by what it was told last. */
  shown(): Promise<string[] | undefined> {
    return this.page.evaluate(() => window.scene.lastN.at(-1));
  }

  /** Frames decoded so far, and bytes of sound, by stream. */
  async received(): Promise<Map<string, { frames: number; sound: number }>> {
    const stats = await this.page.evaluate(() => window.scene.room.stats());
    return new Map(
      stats.map(({ streamId, video, audio }) => {
        return [streamId, { frames: video?.frames ?? 0, sound: audio?.bytes ?? 0 }];
      }),
    );
  }

  /** Plays the first stream of the room, or goes on with it. */
  play(): Promise<void> {
    return this.page.evaluate(async () => {
      const { room } = window.scene;
      const [stream] = room.streams.values();
      if (stream === undefined) {
        throw new Error('the room has no stream to play');
      }
      const video = document.createElement('video');
      video.muted = true;
      video.autoplay = true;
      document.body.append(video);
      stream.on('media', (media) => {
        video.srcObject = media;
      });
      await room.subscribe(stream);
    });
  }

  async setPlayback(playback: Sdk.Playback): Promise<void> {
    await this.page.evaluate((wanted) => {
      const [stream] = window.scene.room.streams.values();
      stream?.setPlayback(wanted);
    }, playback);
  }

  /** Resolves when the picture has this width and goes on. */
  async sees(width: number): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => document.querySelector('video')?.videoWidth === wanted,
      width,
    );
    await this.page.evaluate(
      () =>
        new Promise((resolve) => {
          document.querySelector('video')?.requestVideoFrameCallback(resolve);
        }),
    );
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}
