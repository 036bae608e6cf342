import { describe, expect, test } from 'vitest';
import { countersOf } from '../support/counters.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

/** Two streams of one publisher, one of which ends while another begins. */

const stage = Stage.shared();
const [here, there] = ownRegions();

describe('a publisher with a camera and a screen', () => {
  test('ends one and begins another, and the other one plays on in both regions', async () => {
    const [ann, ben, cleo] = await Promise.all([
      stage.join({ name: 'ann', region: here }),
      stage.join({ name: 'ben', region: here }),
      stage.join({ name: 'cleo', region: there }),
    ]);
    const viewers = [ben, cleo];
    const play = (ids: readonly string[]): Promise<unknown> =>
      Promise.all(viewers.map((viewer) => viewer.playsOn({ ids })));

    const camera = await ann.publish({ attributes: { name: 'ann' } });
    const screen = await ann.publish({ source: 'screen', attributes: { name: 'screen of ann' } });
    await play([camera, screen]);
    // Both streams of the publisher share its connection, and the pipe to the other region.
    expect(await countersOf(stage.system, here)).toMatchObject({ publishers: 2, feeds: 2 });
    expect(await countersOf(stage.system, there)).toMatchObject({ wan_pulls: 2, pulls: 2 });

    await ann.unpublish(camera);
    await play([screen]);
    const again = await ann.publish();
    await play([screen, again]);
    await ann.unpublish(screen);
    await play([again]);
    expect(await ann.own()).toEqual([again]);
    const expected = [`added ${camera}`, `added ${screen}`, `removed ${camera}`];
    for (const viewer of viewers) {
      expect(await viewer.heard()).toEqual([...expected, `added ${again}`, `removed ${screen}`]);
    }
  });
});
