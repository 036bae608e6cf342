import { vi } from 'vitest';
import type { Participant, TestStream } from './participant.ts';
import type { ErizoSuite } from './suite.ts';
import { TestController } from './test-controller.ts';
import type { TestErizo } from './test-erizo.ts';

export const patience = { timeout: 30_000, interval: 50 };

/** Ann publishes two layers in one region and follows; a gateway and a process behind it are in another. */
export interface LayeredStream {
  readonly origin: TestErizo;
  readonly gateway: TestErizo;
  readonly atOrigin: TestController;
  readonly atGateway: TestController;
  readonly atBehind: TestController;
  readonly ann: Participant;
  readonly stream: TestStream;
  /** Resolves when ann was last asked for the layers up to this one, or for none. */
  asked(spatial: number | null): Promise<unknown>;
}

export async function layeredStream({ start, join }: ErizoSuite): Promise<LayeredStream> {
  const [origin, gateway, behind] = await Promise.all([
    start('eu-west'),
    start('us-east'),
    start('us-east'),
  ]);
  const dial = (erizo: TestErizo): TestController => TestController.dial(erizo);
  const [atOrigin, atGateway, atBehind] = [dial(origin), dial(gateway), dial(behind)];
  const ann = await join(atOrigin);
  ann.follows = true;
  const stream = await ann.publish({ simulcast: true });
  const asked = (spatial: number | null): Promise<unknown> =>
    vi.waitUntil(() => atOrigin.wanted.at(-1) === spatial, patience);
  return { origin, gateway, atOrigin, atGateway, atBehind, ann, stream, asked };
}
