import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { Page } from 'playwright-core';
import * as v from 'valibot';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { nuve } from '../support/caller.ts';
import { openIn } from '../support/counters.ts';
import { demoToken } from '../support/sdk-page.ts';
import { erizoJs, erizoJsSuite, follow, heard } from './erizo-js-suite.ts';
import * as inPage from './erizo-js.ts';

/** What Licode's own client does with a stream that is published and played. */

const patience = { timeout: 40_000, interval: 250 };
const plans = [{}, { singlePC: true }];
const [here, there] = ['eu-west', 'ap-northeast'] as const;
const dir = mkdtempSync(joinPath(tmpdir(), 'rizoma-erizo-js-'));

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe.skipIf(erizoJs === undefined)('a stream of Licode’s own client', () => {
  // What is defined last ends first: nobody writes there any more when the folder goes.
  const suite = erizoJsSuite(11, { regions: [here, there], env: { RIZOMA_RECORDING_DIR: dir } });

  /** Ann in one region, bob in the other. */
  async function pair(room: string, options: object): Promise<[Page, Page]> {
    const joined = [here, there].map(async (region) => {
      const token = await demoToken(suite.system.edgeUrl, { room, name: region, region });
      return suite.connect(token, options);
    });
    return (await Promise.all(joined)) as [Page, Page];
  }

  async function leave(...pages: Page[]): Promise<void> {
    for (const page of pages) {
      await page.evaluate(() => window.room.disconnect());
    }
    expect(suite.complaints).toEqual([]);
  }

  /** Does something with the stream that a page publishes, or plays. */
  const act = (page: Page, id: string | undefined, what: inPage.Change): Promise<void> =>
    page.evaluate(inPage.change, { id, what });

  const isWide = (page: Page, id: string, width: number): Promise<unknown> =>
    vi.waitFor(async () => expect(await page.evaluate(inPage.widthOf, id)).toBe(width), patience);

  it.each(plans)(
    'has attributes, is muted on both sides, has layers and slides with %j',
    async (options) => {
      const atStart = await openIn(suite.system);
      const [ann, bob] = await pair(`streams ${JSON.stringify(options)}`, options);
      const stream = { attributes: { name: 'ann' }, videoSize: [640, 480, 640, 480] };
      const layers = { simulcast: { numSpatialLayers: 2 } };
      const id = await ann.evaluate(inPage.publish, { stream, options: layers });
      await follow(bob, id);
      await ann.evaluate(() => window.local.setAttributes({ name: 'anna' }));
      await heard(bob, `attributes ${id} {"name":"anna"}`);
      const found = await bob.evaluate(() =>
        window.room.getStreamsByAttribute('name', 'anna').map((one) => one.getID()),
      );
      expect(found).toEqual([id]);

      for (const [page, which] of [
        [ann, undefined],
        [bob, id],
      ] as const) {
        await act(page, which, 'mute');
        await bob.evaluate(inPage.slows, { id, most: { frames: 0, packets: 0 } });
        await act(page, which, 'unmute');
        await bob.evaluate(inPage.goesOn, id);
      }

      await isWide(bob, id, 640);
      await act(bob, id, 'low');
      await isWide(bob, id, 320);
      await act(bob, id, 'all');
      await isWide(bob, id, 640);
      await ann.evaluate(() => window.local.updateSimulcastActiveLayers({ 1: false }));
      await isWide(bob, id, 320);
      await ann.evaluate(() => window.local.updateSimulcastActiveLayers({ 1: true }));
      await isWide(bob, id, 640);

      await act(bob, id, 'slides');
      await bob.evaluate(inPage.slows, { id, most: { frames: 25, packets: 1_000 } });
      await act(bob, id, 'film');
      await bob.evaluate(inPage.goesOn, id);
      await leave(ann, bob);
      await vi.waitFor(async () => expect(await openIn(suite.system)).toEqual(atStart), patience);
    },
  );

  it.each(plans)(
    'outlives new candidates and a cut socket, says its stats, and comes anew with %j',
    async (options) => {
      const atStart = await openIn(suite.system);
      const [ann, bob] = await pair(`cut ${JSON.stringify(options)}`, options);
      const id = await ann.evaluate(inPage.publish, {});
      await follow(bob, id);
      await Promise.all([
        ann.evaluate(inPage.restartIce, undefined),
        bob.evaluate(inPage.restartIce, id),
      ]);
      await bob.evaluate(inPage.goesOn, id);

      await bob.evaluate(inPage.cut);
      await ann.evaluate(() => window.local.sendData('meanwhile'));
      await heard(bob, 'reconnecting');
      await heard(bob, 'reconnected');
      await heard(bob, `data ${id} "meanwhile"`);
      await ann.evaluate(inPage.cut);
      await heard(ann, 'reconnected');
      await ann.evaluate(() => window.local.sendData('and after'));
      await heard(bob, `data ${id} "and after"`);
      await bob.evaluate(inPage.goesOn, id);

      await vi.waitFor(async () => {
        const { clientId, stats } = await bob.evaluate(inPage.statsOf, id);
        const total = { bitrateCalculated: expect.toSatisfy((rate) => rate > 0) };
        expect(stats).toMatchObject({ publisher: { total }, [clientId]: { total } });
      }, patience);

      expect(await ann.evaluate(inPage.unpublish)).toBe(true);
      await heard(bob, `removed ${id}`);
      await follow(bob, await ann.evaluate(inPage.publish, {}));
      await leave(ann, bob);
      await vi.waitFor(async () => expect(await openIn(suite.system)).toEqual(atStart), patience);
    },
  );

  it('may be data alone, is recorded, and is played from its recording', async () => {
    const atStart = await openIn(suite.system);
    const [ann, bob] = await pair('recorded', {});
    const data = await ann.evaluate(inPage.publish, { stream: { audio: false, video: false } });
    await heard(bob, `added ${data}`);
    await bob.evaluate(inPage.subscribe, data);
    await ann.evaluate(() => window.local.sendData({ text: 'hello' }));
    await heard(bob, `data ${data} {"text":"hello"}`);

    const id = await ann.evaluate(inPage.publish, {});
    await follow(bob, id);
    const recording = await bob.evaluate(inPage.startRecording, id);
    // More than has to be shown of it later.
    for (let count = 0; count < 20; count += 1) {
      await bob.evaluate(inPage.goesOn, id);
    }
    expect(await bob.evaluate(inPage.stopRecording, recording)).toBe(true);
    const played = await bob.evaluate(inPage.publish, { stream: { recording } });
    await follow(ann, played);
    await leave(ann, bob);
    await vi.waitFor(async () => expect(await openIn(suite.system)).toEqual(atStart), patience);
  });

  it('goes straight from one browser to the other in a room with p2p', async () => {
    const made = await nuve(suite.system, 'POST', 'rooms', { name: 'p2p', options: { p2p: true } });
    const { _id } = v.parse(v.object({ _id: v.string() }), await made.json());
    const enter = async (username: string, region: string): Promise<Page> => {
      const pin = { regions: { allow: [region] } };
      const user = { username, role: 'presenter' };
      const token = await nuve(suite.system, 'POST', `rooms/${_id}/tokens`, pin, user);
      return suite.connect(await token.text());
    };
    const atStart = await openIn(suite.system);
    const [ann, bob] = [await enter('ann', here), await enter('bob', there)];
    const id = await ann.evaluate(inPage.publish, {});
    await follow(bob, id);
    await bob.evaluate(inPage.goesOn, id);
    expect(await openIn(suite.system)).toMatchObject({ connections: 0, webrtc_transports: 0 });
    expect(await ann.evaluate(inPage.unpublish)).toBe(true);
    await heard(bob, `removed ${id}`);
    await leave(ann, bob);
    await vi.waitFor(async () => expect(await openIn(suite.system)).toEqual(atStart), patience);
  });
});
