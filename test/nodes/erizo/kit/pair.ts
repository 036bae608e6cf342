import { beforeEach } from 'vitest';
import type { Participant } from './participant.ts';
import { erizoSuite } from './suite.ts';
import { TestController } from './test-controller.ts';
import type { TestErizo } from './test-erizo.ts';

/** A client at a process, and one at another in another region. */
export interface ErizoPair {
  readonly origin: TestErizo;
  readonly ann: Participant;
  readonly ben: Participant;
}

/** To be called once in a file; what it answers is made for each test. */
export function erizoPair(): ErizoPair {
  const suite = erizoSuite();
  let made: ErizoPair | undefined;
  const there = (): ErizoPair => {
    if (made === undefined) {
      throw new Error('the pair is there for tests');
    }
    return made;
  };
  beforeEach(async () => {
    const [origin, far] = await Promise.all([suite.start('eu-west'), suite.start('us-east')]);
    const ann = await suite.join(TestController.dial(origin));
    const ben = await suite.join(TestController.dial(far));
    made = { origin, ann, ben };
  });
  return {
    get origin() {
      return there().origin;
    },
    get ann() {
      return there().ann;
    },
    get ben() {
      return there().ben;
    },
  };
}
