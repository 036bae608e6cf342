import { limits } from '../../protocol/limits.ts';
import { defaults } from './defaults.ts';

/**
 * What a client is charged for bytes that so many are sent: as for one up to `subscribersPerCharge`, and in proportion beyond.
 * However many there are, a full bucket pays for one message.
 */
export function chargeFor(bytes: number, receivers: number): number {
  const times = Math.max(1, receivers / defaults.subscribersPerCharge);
  return Math.min(Math.ceil(bytes * times), limits.data_burst_bytes);
}
