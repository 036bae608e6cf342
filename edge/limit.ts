import type { EdgeContext } from './app.ts';
import type { Config } from './config.ts';
import { networkOf } from '../protocol/network-of.ts';
import { RateLimit } from '../protocol/rate-limit.ts';

/** What one isolate counts of the addresses that it hears. */
interface AddressLimits {
  /** All that an address asks. */
  readonly requests: RateLimit;
  /** What it signs and is refused: each cost a call of an object, of one that need not exist. */
  readonly failures: RateLimit;
}

const known = new WeakMap<Config, AddressLimits>();

export function addressLimitsOf(config: Config): AddressLimits {
  const limits = known.get(config) ?? {
    requests: new RateLimit({ whose: 'this address', perSecond: config.rates.address }),
    failures: new RateLimit({
      whose: 'this address with wrong signatures',
      perSecond: config.rates.failure,
    }),
  };
  known.set(config, limits);
  return limits;
}

/**
 * Lets an address send so many requests and no more, before anything else is done for them.
 *
 * The counts are those of one isolate, in its memory. Cloudflare's binding for rate limits counts for a
 * whole data centre, but cannot say when to try again, has no burst, and takes its numbers from the
 * deployed configuration alone; where it is a matter of floods, rules in front of the Worker stop them
 * at no cost at all.
 */
export function limitAddress(context: EdgeContext): void {
  const { requests } = addressLimitsOf(context.get('config'));
  const address = addressOf(context);
  const now_ms = context.get('began_ms');
  requests.demand(address, now_ms);
  requests.take(address, now_ms);
}

/** From where a request came, as the platform says: no client can set this header. */
export function addressOf(context: EdgeContext): string {
  return networkOf(context.req.header('cf-connecting-ip') ?? '');
}
