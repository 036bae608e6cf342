import type { ErizoCounters } from '../../../../protocol/contracts/erizo-counters.ts';
import { RizomaError } from '../../../../protocol/errors.ts';

const openThings = [
  'clients',
  'connections',
  'publishers',
  'subscribers',
  'producers',
  'consumers',
  'webRtcTransports',
  'pipeTransports',
  'pulls',
  'wanPulls',
  'feeds',
  'downstreams',
  'recordings',
] as const;

/** The counters of a process in which nothing is open. */
export const empty = Object.fromEntries(openThings.map((name) => [name, 0]));

export function isEmpty(counters: ErizoCounters): boolean {
  return openThings.every((name) => counters[name] === 0);
}

export function codeOf(thrown: unknown): string {
  return thrown instanceof RizomaError ? thrown.code : 'no code';
}
