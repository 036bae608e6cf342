import { afterEach, describe, expect, it } from 'vitest';
import { clientAddress } from '../../infra/local/client-address.ts';
import { findFirefox, launchFirefox } from '../support/firefox.ts';
import { openFirefoxPage } from '../support/page/browser-page.ts';
import { erizoSuite } from '../nodes/erizo/kit/suite.ts';
import { TestController } from '../nodes/erizo/kit/test-controller.ts';
import { until } from '../nodes/erizo/kit/until.ts';
import { chromiumPage, PageViewer } from './page-viewer.ts';
import { reroute } from '../nodes/erizo/kit/reroute.ts';

const firefox = findFirefox();

// What a video element shows of a MediaStream whose video is replaced differs from browser to browser, and with
// whether something else is in it. Where there is no Firefox the set-up says how to get one.
describe.each([
  { name: 'Chromium', program: '' },
  ...(firefox === undefined ? [] : [{ name: 'Firefox', program: firefox }]),
])('a stream that comes another way to the page of a $name', ({ program }) => {
  const suite = erizoSuite();
  let viewer: PageViewer | undefined;

  afterEach(async () => {
    await viewer?.leave();
    viewer = undefined;
  });

  it('is shown on, there and back, with sound and without', async () => {
    const [origin, relay, gateway] = await Promise.all([
      suite.start('eu-west'),
      suite.start('us-east'),
      suite.start('ap-northeast', { env: clientAddress() }),
    ]);
    const direct = [origin.hop];
    const relayed = [relay.hop, origin.hop];
    const ann = await suite.join(TestController.dial(origin));
    const page =
      program === '' ? await chromiumPage() : await openFirefoxPage(await launchFirefox(program));
    const ben = await PageViewer.open(page, TestController.dial(gateway));
    viewer = ben;
    const showsMore = async (): Promise<void> => {
      const before = await ben.shown();
      const isMore = (shown: number): boolean => shown > before + 15;
      await until(() => ben.shown(), isMore, 20_000);
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
