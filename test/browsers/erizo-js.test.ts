import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { killBusyErizos } from '../support/stage/processes.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';
import { demoToken } from '../support/tokens.ts';
import { erizoJs, ErizoJsPage } from './erizo-js-suite.ts';
import * as inPage from './erizo-js.ts';

/** Licode's own client. What it says is also said, without it, by the pages of `licode.test.ts`. */

const stage = Stage.shared();
const [here, there] = ownRegions();

describe.skipIf(erizoJs === undefined)('Licode’s own client, unmodified', () => {
  async function join(name: string, region: string, options: object): Promise<ErizoJsPage> {
    const token = await demoToken(stage.system.edgeUrl, { room: stage.room, name, region });
    return await ErizoJsPage.connect(stage, { name, token, options });
  }

  it.each([{}, { singlePC: true }])(
    'connects with %j, publishes, subscribes, sends data and gives up, in two regions',
    async (options) => {
      const ann = await join('ann', here, options);
      const bob = await join('bob', there, options);
      const one = await ann.run(inPage.publish, {});
      const two = await ann.run(inPage.publish, {
        options: { simulcast: { numSpatialLayers: 2 } },
      });
      for (const id of [one, two]) {
        await bob.follow(id);
      }
      await ann.run(() => window.local.sendData('hello'));
      await bob.hears(`data ${two} "hello"`);
      await bob.run((id) => {
        const stream = window.room.remoteStreams.get(id);
        if (stream !== undefined) {
          window.room.unsubscribe(stream);
        }
      }, one);
      await bob.hears(`unsubscribed ${one}`);
      await ann.disconnect();
      await bob.hears(`removed ${two}`);
      await bob.disconnect();
      expect((await bob.heard()).filter((one) => one.startsWith('failed'))).toEqual([]);
    },
  );

  it.each([{}, { singlePC: true }])(
    'goes on with %j when the ErizoJS processes of a publisher and of a viewer are killed',
    async (options) => {
      const ann = await join('ann', here, options);
      const bob = await join('bob', there, options);
      const id = await ann.run(inPage.publish, {});
      await bob.follow(id);
      const before = await bob.heard();
      for (const region of [here, there]) {
        await killBusyErizos(stage.system, region);
        await bob.run(inPage.goesOn, id);
      }
      expect(await bob.heard()).toEqual(before);
      // And what comes after it goes over what there is.
      const two = await ann.run(inPage.publish, {});
      await Promise.all([bob.follow(two), bob.run(inPage.goesOn, id)]);
      await ann.disconnect();
      await bob.hears(`removed ${two}`);
      await bob.disconnect();
    },
  );

  it('hears of a connection that carries too little, and says how it is to be shared', async () => {
    const options = { singlePC: true };
    const ann = await join('ann', here, options);
    const bob = await join('bob', there, options);
    const least = { minVideoBW: 250, scheme: 'notify-slideshow' };
    const id = await ann.run(inPage.publish, { options: least });
    await bob.follow(id);
    const quality = () => bob.run(() => window.quality ?? 'none');
    await eventually('the quality is good', quality, (one) => one === 'good');
    await bob.run(inPage.setBandwidth, { strategy: 'high', target_bps: 60_000 });
    const config = { priorityLevel: '40', slideShowBelowLayer: { enabled: false } };
    await bob.run(inPage.configure, { id, config });
    await bob.hears(`insufficient ${id}`);
    await bob.hears(`slideshow ${id}`);
    await Promise.all([ann, bob].map((page) => page.disconnect()));
  });
});
