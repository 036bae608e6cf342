import type { Browser, Page } from 'playwright-core';
import { expect, vi } from 'vitest';
import type * as Sdk from '../../client/sdk/index.ts';
import type { RtpCounts } from '../support/rtp-counts.ts';
import { countRtp, keepConnections } from '../support/rtp-counts.ts';
import { openSdkPage } from '../support/sdk-page.ts';

interface PageGlobals {
  room: Sdk.Room;
  /** Of RTP, in 1/90000 s. */
  shown: number[];
  heard: string[];
  local: Sdk.LocalStream[];
}

/** Of what a talker publishes. */
export const fps = 10;

/** Somebody in a room whose app plays all that others publish, in small pictures. */
export class Talker {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async join(browser: Browser, edgeUrl: string, token: string): Promise<Talker> {
    const context = await browser.newContext();
    await keepConnections(context);
    const page = await openSdkPage(context, edgeUrl);
    await page.evaluate(joinAndPlay, token);
    return new Talker(page);
  }

  /** Publishes another stream; answers its id. */
  publish(): Promise<string> {
    return this.page.evaluate(async () => {
      const { room, local } = globalThis as unknown as PageGlobals;
      const video = { width: 160, height: 120, frameRate: 10 };
      const media = await navigator.mediaDevices.getUserMedia({ audio: true, video });
      const stream = await room.publish(media);
      local.push(stream);
      return stream.id ?? '';
    });
  }

  async unpublishLast(): Promise<void> {
    await this.page.evaluate(async () => {
      const { room, local } = globalThis as unknown as PageGlobals;
      const last = local.pop();
      if (last !== undefined) {
        await room.unpublish(last);
      }
    });
  }

  /** What happened to the room, in order: `came ID` and `went ID` of streams, and the room's own events. */
  heard(): Promise<string[]> {
    return this.page.evaluate(() => (globalThis as unknown as PageGlobals).heard);
  }

  /** Ids of the streams of others. */
  streams(): Promise<string[]> {
    return this.page.evaluate(() => {
      const { room } = globalThis as unknown as PageGlobals;
      return [...room.streams.keys()].toSorted();
    });
  }

  place(): Promise<{ region: string; clientId: string }> {
    return this.page.evaluate(() => {
      const { region, clientId } = (globalThis as unknown as PageGlobals).room;
      return { region, clientId };
    });
  }

  /** Resolves when pictures of the stream are shown. */
  async shows(streamId: string): Promise<void> {
    await this.page.waitForFunction(
      (id) => (document.querySelector<HTMLVideoElement>(`#v${id}`)?.videoWidth ?? 0) > 0,
      streamId,
    );
  }

  /** From now on the frames of the stream that are shown are kept. */
  async keepShown(streamId: string): Promise<void> {
    await this.page.evaluate((id) => {
      const globals = globalThis as unknown as PageGlobals;
      const video = document.querySelector<HTMLVideoElement>(`#v${id}`);
      globals.shown = [];
      const look: VideoFrameRequestCallback = (_now, { rtpTimestamp }) => {
        globals.shown.push(rtpTimestamp ?? 0);
        video?.requestVideoFrameCallback(look);
      };
      video?.requestVideoFrameCallback(look);
    }, streamId);
  }

  /** The longest steps from one of those to the next, as their publisher took them. */
  async longestSteps_ms(count: number): Promise<number[]> {
    const shown = await this.page.evaluate(() => (globalThis as unknown as PageGlobals).shown);
    const steps_ms = shown.slice(1).map((rtp, index) => (rtp - (shown[index] ?? rtp)) / 90);
    return steps_ms
      .map(Math.round)
      .toSorted((a, b) => b - a)
      .slice(0, count);
  }

  count(): Promise<RtpCounts> {
    return countRtp(this.page);
  }

  /** Resolves when as many frames have come since then as come in that time. */
  async playsFor(seconds: number, since?: RtpCounts): Promise<RtpCounts> {
    const { frames } = since ?? (await this.count());
    return await vi.waitFor(
      async () => {
        const now = await this.count();
        expect(now.frames).toBeGreaterThan(frames + seconds * fps);
        return now;
      },
      { timeout: 20_000 + 4_000 * seconds, interval: 250 },
    );
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}

/** What runs in the page. */
async function joinAndPlay(token: string): Promise<void> {
  const heard: string[] = [];
  const room = await window.sdk.join({ token });
  const play = (stream: Sdk.RemoteStream): void => {
    heard.push(`came ${stream.id}`);
    const video = document.createElement('video');
    video.muted = true;
    video.id = `v${stream.id}`;
    document.body.append(video);
    stream.on('media', (media) => {
      video.srcObject = media;
      void video.play().catch(() => undefined);
    });
    stream.on('ended', () => {
      heard.push(`went ${stream.id}`);
      video.remove();
    });
    room.subscribe(stream).catch(() => undefined);
  };
  room.on('reconnecting', ({ reason }) => heard.push(`reconnecting: ${reason}`));
  room.on('reconnected', () => heard.push('reconnected'));
  room.on('moved', ({ region }) => heard.push(`moved: ${region}`));
  room.on('disconnected', ({ code }) => heard.push(`disconnected: ${code}`));
  room.on('stream-added', play);
  Object.assign(globalThis, { room, heard, local: [] });
  [...room.streams.values()].forEach(play);
}
