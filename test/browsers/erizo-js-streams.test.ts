import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import { openIn } from '../support/counters.ts';
import { patience } from '../support/eventually.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';
import { demoToken, nuve } from '../support/tokens.ts';
import { erizoJs, ErizoJsPage } from './erizo-js-suite.ts';
import * as inPage from './erizo-js.ts';

/** What Licode's own client does with a stream that is published and played. */

const plans = [{}, { singlePC: true }];
const stage = Stage.shared();
const [here, there] = ownRegions();

describe.skipIf(erizoJs === undefined)('a stream of Licode’s own client', () => {
  /** Ann in one region, bob in the other. */
  async function pair(options: object): Promise<[ErizoJsPage, ErizoJsPage]> {
    const join = async (name: string, region: string): Promise<ErizoJsPage> => {
      const token = await demoToken(stage.system.edgeUrl, { room: stage.room, name, region });
      return await ErizoJsPage.connect(stage, { name, token, options });
    };
    return await Promise.all([join('ann', here), join('bob', there)]);
  }

  /** Does something with the stream that a page publishes, or plays. */
  const act = (page: ErizoJsPage, id: string | undefined, what: inPage.Change): Promise<void> =>
    page.run(inPage.change, { id, what });

  const isWide = (page: ErizoJsPage, id: string, width: number): Promise<unknown> =>
    vi.waitFor(async () => expect(await page.run(inPage.widthOf, id)).toBe(width), patience);

  it.each(plans)(
    'has attributes, is muted on both sides, has layers and slides with %j',
    async (options) => {
      const [ann, bob] = await pair(options);
      const stream = { attributes: { name: 'ann' }, videoSize: [640, 480, 640, 480] };
      const layers = { simulcast: { numSpatialLayers: 2 } };
      const id = await ann.run(inPage.publish, { stream, options: layers });
      await bob.follow(id);
      await ann.run(() => window.local.setAttributes({ name: 'anna' }));
      await bob.hears(`attributes ${id} {"name":"anna"}`);
      const found = await bob.run(() =>
        window.room.getStreamsByAttribute('name', 'anna').map((one) => one.getID()),
      );
      expect(found).toEqual([id]);

      for (const [page, which] of [
        [ann, undefined],
        [bob, id],
      ] as const) {
        await act(page, which, 'mute');
        await bob.run(inPage.slows, { id, most: { frames: 0, packets: 0 } });
        await act(page, which, 'unmute');
        await bob.run(inPage.goesOn, id);
      }

      await isWide(bob, id, 640);
      await act(bob, id, 'low');
      await isWide(bob, id, 320);
      await act(bob, id, 'all');
      await isWide(bob, id, 640);
      await ann.run(() => window.local.updateSimulcastActiveLayers({ 1: false }));
      await isWide(bob, id, 320);
      await ann.run(() => window.local.updateSimulcastActiveLayers({ 1: true }));
      await isWide(bob, id, 640);

      await act(bob, id, 'slides');
      await bob.run(inPage.slows, { id, most: { frames: 25, packets: 1_000 } });
      await act(bob, id, 'film');
      await bob.run(inPage.goesOn, id);
      await Promise.all([ann.disconnect(), bob.disconnect()]);
    },
  );

  it.each(plans)(
    'outlives an ICE restart and a cut socket, has stats, and is published again with %j',
    async (options) => {
      const [ann, bob] = await pair(options);
      const id = await ann.run(inPage.publish, {});
      await bob.follow(id);
      await Promise.all([ann.run(inPage.restartIce, undefined), bob.run(inPage.restartIce, id)]);
      await bob.run(inPage.goesOn, id);

      await bob.run(inPage.cut);
      await ann.run(() => window.local.sendData('meanwhile'));
      await bob.hears('reconnecting');
      await bob.hears('reconnected');
      await bob.hears(`data ${id} "meanwhile"`);
      await ann.run(inPage.cut);
      await ann.hears('reconnected');
      await ann.run(() => window.local.sendData('and after'));
      await bob.hears(`data ${id} "and after"`);
      await bob.run(inPage.goesOn, id);

      await vi.waitFor(async () => {
        const { clientId, stats } = await bob.run(inPage.statsOf, id);
        const total = { bitrateCalculated: expect.toSatisfy((rate) => rate > 0) };
        expect(stats).toMatchObject({ publisher: { total }, [clientId]: { total } });
      }, patience);

      expect(await ann.run(inPage.unpublish)).toBe(true);
      await bob.hears(`removed ${id}`);
      await bob.follow(await ann.run(inPage.publish, {}));
      await Promise.all([ann.disconnect(), bob.disconnect()]);
    },
  );

  it('may be data alone, is recorded, and is played from its recording', async () => {
    const [ann, bob] = await pair({});
    const data = await ann.run(inPage.publish, { stream: { audio: false, video: false } });
    await bob.hears(`added ${data}`);
    await bob.run(inPage.subscribe, data);
    await ann.run(() => window.local.sendData({ text: 'hello' }));
    await bob.hears(`data ${data} {"text":"hello"}`);

    const id = await ann.run(inPage.publish, {});
    await bob.follow(id);
    const recording = await bob.run(inPage.startRecording, id);
    // More than has to be shown of it later.
    for (let count = 0; count < 20; count += 1) {
      await bob.run(inPage.goesOn, id);
    }
    expect(await bob.run(inPage.stopRecording, recording)).toBe(true);
    const played = await bob.run(inPage.publish, { stream: { recording } });
    await ann.follow(played);
    await Promise.all([ann.disconnect(), bob.disconnect()]);
  });

  it('goes straight from one browser to the other in a room with p2p', async () => {
    const { system, room: name } = stage;
    const made = await nuve(system, 'POST', 'rooms', { name, options: { p2p: true } });
    const { _id } = v.parse(v.object({ _id: v.string() }), await made.json());
    const enter = async (username: string, region: string): Promise<ErizoJsPage> => {
      const pin = { regions: { allow: [region] } };
      const user = { username, role: 'presenter' };
      const token = await nuve(system, 'POST', `rooms/${_id}/tokens`, pin, user);
      return await ErizoJsPage.connect(stage, { name: username, token: await token.text() });
    };
    const [ann, bob] = [await enter('ann', here), await enter('bob', there)];
    const id = await ann.run(inPage.publish, {});
    await bob.follow(id);
    await bob.run(inPage.goesOn, id);
    expect(await openIn(system, [here, there])).toMatchObject({
      connections: 0,
      webrtc_transports: 0,
    });
    expect(await ann.run(inPage.unpublish)).toBe(true);
    await bob.hears(`removed ${id}`);
    await Promise.all([ann.disconnect(), bob.disconnect()]);
  });
});
