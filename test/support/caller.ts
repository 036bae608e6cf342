import type { Browser, Page } from 'playwright-core';
import * as v from 'valibot';
import type { LocalSystem } from '../../infra/local.ts';
import { newUuid } from '../../protocol/ids.ts';
import { mauthHeader } from '../../protocol/mauth.ts';
import type { RegionPin } from '../../protocol/token.ts';
import type * as Sdk from '../../client/sdk/index.ts';
import { openSdkPage } from './sdk-page.ts';

/** What a page of a call knows of itself. */
interface CallerState {
  room: Sdk.Room;
  /** Words of what happened to the room, in order. */
  heard: string[];
  /** Frames of others that were shown. */
  frames: number;
  /** The longest time between two of them since it was set to 0. */
  longestGap_ms: number;
}

declare global {
  interface Window {
    caller: CallerState;
    call(token: string): Promise<void>;
  }
}

export interface CallerWish {
  room: string;
  name: string;
  pin: RegionPin;
}

/** Somebody in a call whose app, other than the page of ours, may pin tokens as it likes. */
export class Caller {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Joins, publishes a camera and plays whatever others publish. */
  static async open(browser: Browser, system: LocalSystem, wish: CallerWish): Promise<Caller> {
    const context = await browser.newContext();
    const page = await openSdkPage(context, system.edgeUrl);
    await page.evaluate(installCall);
    const token = await tokenFor(system, wish);
    await page.evaluate((text) => window.call(text), token);
    return new Caller(page);
  }

  /** Where it is served, as which client, and the ids of the streams it publishes. */
  place(): Promise<{ region: string; clientId: string; own: (string | undefined)[] }> {
    return this.page.evaluate(() => {
      const { region, clientId, localStreams } = window.caller.room;
      return { region, clientId, own: localStreams.map(({ id }) => id) };
    });
  }

  streams(): Promise<string[]> {
    return this.page.evaluate(() => [...window.caller.room.streams.keys()]);
  }

  heard(): Promise<string[]> {
    return this.page.evaluate(() => window.caller.heard);
  }

  /** Frames of others that were shown since it came. */
  frames(): Promise<number> {
    return this.page.evaluate(() => window.caller.frames);
  }

  /** The longest time without a frame of others since this was last asked, in ms. */
  gap_ms(): Promise<number> {
    return this.page.evaluate(() => {
      const { longestGap_ms } = window.caller;
      window.caller.longestGap_ms = 0;
      return Math.round(longestGap_ms);
    });
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}

/** What runs in the page. */
function installCall(): void {
  const play = (stream: Sdk.RemoteStream): void => {
    const video = document.createElement('video');
    video.muted = true;
    document.body.append(video);
    let last_ms: number | undefined;
    const onFrame = (now_ms: number): void => {
      const { caller } = window;
      caller.frames += 1;
      caller.longestGap_ms = Math.max(caller.longestGap_ms, now_ms - (last_ms ?? now_ms));
      last_ms = now_ms;
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
    stream.on('media', (media) => {
      video.srcObject = media;
      void video.play().catch(() => undefined);
    });
    stream.on('ended', () => video.remove());
    window.caller.room.subscribe(stream).catch(() => undefined);
  };
  window.call = async (token) => {
    const room = await window.sdk.join({ token });
    const heard: string[] = [];
    window.caller = { room, heard, frames: 0, longestGap_ms: 0 };
    room.on('stream-added', (stream) => {
      heard.push('stream-added');
      play(stream);
    });
    room.on('stream-removed', () => heard.push('stream-removed'));
    room.on('reconnecting', ({ reason }) => heard.push(`reconnecting: ${reason}`));
    room.on('reconnected', () => heard.push('reconnected'));
    room.on('moved', ({ region }) => heard.push(`moved: ${region}`));
    room.on('disconnected', ({ code, reason }) => heard.push(`disconnected: ${code}: ${reason}`));
    for (const stream of room.streams.values()) {
      play(stream);
    }
    const media = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
    await room.publish(media, { attributes: { at: 'the start' } });
  };
}

const RoomMade = v.object({ _id: v.string() });

/** A token with that pin, as the app's server would make it. */
export async function tokenFor(
  system: LocalSystem,
  { room, name, pin }: CallerWish,
): Promise<string> {
  const made = await nuve(system, 'POST', 'rooms', { name: room, options: { getOrCreate: true } });
  const { _id } = v.parse(RoomMade, await made.json());
  const user = { username: name, role: 'presenter' };
  return await (await nuve(system, 'POST', `rooms/${_id}/tokens`, { regions: pin }, user)).text();
}

/** A request that the superservice signs, for a user where there is one. */
export async function nuve(
  system: LocalSystem,
  method: string,
  path: string,
  body?: unknown,
  user: { username?: string; role?: string } = {},
): Promise<Response> {
  const { NUVE_SUPERSERVICE_ID: serviceid, NUVE_SUPERSERVICE_KEY: key } = system.secrets;
  const signature = { serviceid, timestamp: String(Date.now()), cnonce: newUuid(), ...user };
  const authorization = await mauthHeader(key, signature);
  const response = await fetch(`${system.edgeUrl}/${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    throw new Error(`${method} /${path}: ${response.status} ${await response.text()}`);
  }
  return response;
}
