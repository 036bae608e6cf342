import { beforeEach } from 'vitest';
import { Participant, TestController } from './participant.ts';
import type { TestErizo } from './participant.ts';
import { erizoSuite } from './suite.ts';

/** A client at a process, and one at another in another region. */
export interface ErizoPair {
  readonly origin: TestErizo;
  readonly ann: Participant;
  readonly ben: Participant;
}

/** To be called once in a file; what it answers is made anew for each test. */
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
    const [origin, far] = await Promise.all([
      suite.start('eu-west', '127.0.1.1'),
      suite.start('us-east', '127.0.2.1'),
    ]);
    const ann = await Participant.create(suite.browser, TestController.dial(origin));
    const ben = await Participant.create(suite.browser, TestController.dial(far));
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
