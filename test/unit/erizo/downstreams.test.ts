import { pino } from 'pino';
import { expect, it } from 'vitest';
import { erizoDefaults } from '../../../nodes/erizo/config.ts';
import { Downstreams } from '../../../nodes/erizo/downstreams.ts';
import type { Engine } from '../../../nodes/erizo/engine.ts';
import { Guard } from '../../../nodes/erizo/guard.ts';
import type { Measures } from '../../../nodes/erizo/measures.ts';
import { newUuid } from '../../../protocol/ids.ts';
import type { LinkEnd } from '../../../protocol/link.ts';
import type { MemoryLink } from '../../fakes/memory-link.ts';
import { memoryLinkPair } from '../../fakes/memory-link.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

function setUp() {
  const clock = new VirtualClock();
  const region = 'us-east';
  const downstreams = new Downstreams(
    {
      ...{ clock, log: pino({ level: 'silent' }), guard: new Guard({ clock }, { region }) },
      // Neither is asked before a stream is.
      ...{ engine: {} as Engine, measures: {} as Measures },
    },
    {
      ...{ selfId: newUuid(), onChange: () => undefined },
      source: () => {
        throw new Error('no stream is pulled here');
      },
    },
  );
  /** The end of a process of that node, which has dialled. */
  const dial = (nodeId: string): { link: MemoryLink; ended: Promise<LinkEnd> } => {
    const [here, there] = memoryLinkPair();
    const { promise, resolve } = Promise.withResolvers<LinkEnd>();
    there.open({ frame: () => undefined, ended: resolve });
    downstreams.add(here, newUuid(), { nodeId, region, mediaIp: '192.0.2.1' });
    return { link: there, ended: promise };
  };
  return { downstreams, dial };
}

it('so many processes of one node may pull, and others come all the same', async () => {
  const { downstreams, dial } = setUp();
  const most = erizoDefaults.downstreamsPerNode;
  const dialled = Array.from({ length: most }, () => dial('us-east-1'));
  expect(downstreams.size).toBe(most);
  expect(await dial('us-east-1').ended).toBe('peer_closed');
  expect(downstreams.size).toBe(most);
  dial('us-east-2');
  expect(downstreams.size).toBe(most + 1);
  // One that goes makes room for another one.
  dialled[0]?.link.cut();
  dial('us-east-1');
  expect(downstreams.size).toBe(most + 1);
});
