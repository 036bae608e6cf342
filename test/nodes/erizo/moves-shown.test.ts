import { afterEach, describe, expect, it } from 'vitest';
import { clientAddress } from '../../../infra/local/client-address.ts';
import { findFirefox } from '../../support/firefox.ts';
import { Participant, TestController, until } from './kit/participant.ts';
import { erizoSuite } from './kit/suite.ts';
import { chromiumPage, firefoxPage, PageViewer } from './kit/page-viewer.ts';
import { reroute } from './kit/reroute.ts';

const firefox = findFirefox();

// What a video element shows of a MediaStream whose video is replaced differs from browser to browser, and with
// whether something else is in it. Where there is no Firefox the set-up says how to get one.
describe.each([
  { name: 'Chromium', program: '' },
  ...(firefox === undefined ? [] : [{ name: 'Firefox', program: firefox }]),
])('a stream that comes another way to the page of a $name', ({ name, program }) => {
  const suite = erizoSuite();
  let viewer: PageViewer | undefined;

  afterEach(async () => {
    await viewer?.leave();
    viewer = undefined;
  });

  it('is shown on, there and back, with sound and without', async () => {
    const [origin, relay, gateway] = await Promise.all([
      suite.start('eu-west', '127.0.1.1'),
      suite.start('us-east', '127.0.2.1'),
      suite.start('ap-northeast', '127.0.3.1', clientAddress()),
    ]);
    const direct = [origin.hop];
    const relayed = [relay.hop, origin.hop];
    const ann = await Participant.create(suite.browser, TestController.dial(origin));
    const page = await (name === 'Firefox' ? firefoxPage(program) : chromiumPage());
    const ben = await PageViewer.open(page, TestController.dial(gateway));
    viewer = ben;
    const showsMore = async (): Promise<void> => {
      const before = await ben.shown();
      const isMore = (shown: number): boolean => shown > before + 15;
      expect(await until(() => ben.shown(), isMore, 20_000)).toSatisfy(isMore);
    };
    for (const audio of [true, false]) {
      const { streamId } = await ann.publish();
      await ben.subscribe(streamId, { audio, video: true }, relayed);
      await ben.keepShown(streamId);
      await showsMore();
      for (const route of [direct, relayed]) {
        await reroute(gateway, streamId, route);
        const { pulls } = await gateway.settled((counters) => counters.pulls === 1);
        expect(pulls).toBe(1);
        await showsMore();
      }
      await ben.unsubscribe(streamId);
    }
  });
});
