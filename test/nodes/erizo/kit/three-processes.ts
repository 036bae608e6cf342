import { newUuid } from '../../../../protocol/ids.ts';
import type { Participant, TestStream } from './participant.ts';
import type { ErizoSuite } from './suite.ts';
import { TestController } from './test-controller.ts';
import type { TestErizo } from './test-erizo.ts';

/** A stream at its origin, the gateway of another region, and a process behind that. */
export interface ThreeProcesses {
  readonly origin: TestErizo;
  readonly gateway: TestErizo;
  readonly behind: TestErizo;
  readonly atOrigin: TestController;
  readonly atGateway: TestController;
  readonly atBehind: TestController;
  /** Publishes the stream. */
  readonly ann: Participant;
  readonly stream: TestStream;
}

/** Starts them, with one controller that is linked with all of them. */
export async function threeProcesses({ start, join }: ErizoSuite): Promise<ThreeProcesses> {
  const [origin, gateway, behind] = await Promise.all([
    start('eu-west'),
    start('us-east'),
    start('us-east'),
  ]);
  const controllerId = newUuid();
  const dial = (erizo: TestErizo): TestController => TestController.dial(erizo, controllerId);
  const [atOrigin, atGateway, atBehind] = [dial(origin), dial(gateway), dial(behind)];
  const ann = await join(atOrigin);
  const stream = await ann.publish();
  return { origin, gateway, behind, atOrigin, atGateway, atBehind, ann, stream };
}
