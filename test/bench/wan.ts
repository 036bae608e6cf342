import { launchChromium } from '../support/chromium.ts';
import { chooseRegions, measuredMatrix, readMatrix, wayBetween } from '../wan/matrix.ts';
import { openIn, openTravellers, travel } from '../wan/journey.ts';
import type { Journey } from '../wan/journey.ts';
import { whyNoWan } from '../wan/permission.ts';
import { clientHost, nodeHost } from '../wan/system.ts';
import { startTestMesh } from '../wan/test-mesh.ts';
import type { Bench } from './row.ts';
import { median, row } from './row.ts';

const [from, to] = ['europe-west1', 'us-east4'] as const;
/** From both people to the node near them, there and back. */
const lastMile_ms = 20;
/** Of the camera, at 30 frames/s. */
const frame_ms = 1000 / 30;
/** Rounds after the first one, which warms browser and caches and is not counted. */
const rounds = 7;

/**
 * The first frame of a stream from another region, once all is done that is done in advance
 * (docs/ARCHITECTURE.md), from the wish to subscribe, over what no system could be quicker than: half a
 * round trip to the viewer's node, one between the regions, one to the publisher, a frame, and half a one
 * back.
 */
export const wan: Bench = {
  name: 'wan',
  async run(say) {
    const why = whyNoWan();
    if (why !== undefined) {
      say(`  left out: ${why}`);
      return [];
    }
    const matrix = readMatrix(measuredMatrix);
    const regions = chooseRegions(matrix, `${from},${to}`);
    const { mesh, stop } = await startTestMesh({ matrix, regions, lastMile_ms });
    try {
      const host = clientHost(from);
      // One browser stands for both people: its way to the viewer's node is a last mile as well.
      await mesh.wan.link(host, nodeHost(to), { rtt_ms: lastMile_ms });
      const { edgeUrl } = mesh.system;
      const { enter } = mesh.wan.host(host);
      const browser = await launchChromium({ enter, secureOrigin: edgeUrl });
      const journeys: Journey[] = [];
      try {
        const pages = await openTravellers(browser, edgeUrl);
        for (let round = 0; round <= rounds; round += 1) {
          const prepared = () => openIn(mesh, to);
          const options = { edgeUrl, room: `bench ${round}`, from, to, frames: true, prepared };
          journeys.push(await travel(pages, options));
          say(`  round ${round} of ${rounds}`);
        }
      } finally {
        await browser.close();
      }
      const { rtt_ms } = wayBetween(matrix, from, to);
      const least_ms = 2 * lastMile_ms + rtt_ms + frame_ms;
      const least = `${least_ms.toFixed(0)} ms at the least`;
      const taken_ms = (part: keyof Journey): number =>
        median(journeys.slice(1).map((journey) => journey[part]));
      const over = (name: string, part: keyof Journey, aim: number, note: string) => {
        const took_ms = taken_ms(part);
        const how = `${took_ms.toFixed(0)} ms, ${least}: ${note}`;
        return row(name, took_ms / least_ms, 'ratio', aim, how);
      };
      return [
        over(
          'wan.first-frame-cold',
          'frameCold',
          1.3,
          `${from} to ${to}, a viewer's first stream a moment after the join`,
        ),
        over('wan.first-frame-open-pipe', 'frameWarm', 1.15, 'a second stream of the same viewer'),
      ];
    } finally {
      await stop();
    }
  },
};
