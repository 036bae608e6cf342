import { leave, select } from './message-cost/controller.ts';
import { directoryChange } from './message-cost/directory-change.ts';
import { facts, presence } from './message-cost/facts.ts';
import type { Message } from './message-cost/message.ts';
import { placement } from './message-cost/placement.ts';
import type { Bench, Row } from './row.ts';
import { median, row } from './row.ts';

const messages: readonly Message[] = [directoryChange, placement, facts, presence, leave, select];

/** Rounds after those in which it is compiled. */
const rounds = { whole: 15, short: 3 };
const warmUps = 3;
/** One after the other, so that a timer can tell them: as many as take so long. */
const least_ms = 20;

/** 2 where a message costs one count, 4 where it costs the product of two. */
const most = 3;

/**
 * What one message costs where two counts that it meets are at their bounds, over what it costs where both are at half of
 * them (docs/ARCHITECTURE.md).
 */
export const messageCost: Bench = {
  name: 'message-cost',
  run(say, { short }) {
    const rows = messages.flatMap((message) => {
      say(`  ${message.what} ...`);
      return rowsOf(message, short ? rounds.short : rounds.whole);
    });
    return Promise.resolve(rows);
  },
};

function rowsOf({ name, what, prepare }: Message, times: number): Row[] {
  const [half, whole] = [prepare(0.5), prepare(1)];
  const took_ms = { half: [] as number[], whole: [] as number[] };
  // In turn, so that what else the machine does falls on both.
  for (let round = -warmUps; round < times; round += 1) {
    const [one_ms, other_ms] = [timeOf(half), timeOf(whole)];
    if (round >= 0) {
      took_ms.half.push(one_ms);
      took_ms.whole.push(other_ms);
    }
  }
  const [half_ms, whole_ms] = [median(took_ms.half), median(took_ms.whole)];
  return [
    row(
      `message-cost.${name}.growth`,
      whole_ms / half_ms,
      'ratio',
      most,
      `${what}, over half of both`,
    ),
    row(
      `message-cost.${name}.time`,
      whole_ms,
      'ms',
      null,
      `of processor, median of ${times} rounds`,
    ),
  ];
}

/** Processor time of one message, in ms: what else the machine does is not in it. */
function timeOf(message: () => void): number {
  const began_ms = cpu_ms();
  let done = 0;
  for (; done === 0 || cpu_ms() - began_ms < least_ms; done += 1) {
    message();
  }
  return (cpu_ms() - began_ms) / done;
}

function cpu_ms(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
