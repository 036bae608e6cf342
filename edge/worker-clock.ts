import type { Clock } from '../protocol/clock.ts';
import { systemClock } from '../protocol/clock.ts';

/**
 * The clock of a Worker, which has the date and no other one (`findings/workerd-performance-is-the-date.sh`). So what is kept for a
 * while is taken for old where it is of the future (`ageOf`).
 */
export const workerClock: Clock = { ...systemClock, now: () => Date.now() };
