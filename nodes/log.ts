import type { Logger } from 'pino';
import { pino } from 'pino';

export type Log = Logger;

/** The log of a process: JSON lines on standard output, its context bound once. */
export function createLog(level: string, context: Record<string, string>): Log {
  return pino({ level, base: context, timestamp: pino.stdTimeFunctions.isoTime });
}
