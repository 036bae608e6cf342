import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configOf } from '../../../edge/config.ts';
import { RateLimit } from '../../../protocol/rate-limit.ts';
import { testBindings } from '../../edge/bindings.ts';

const start_ms = 1_700_000_000_000;

/** How many of so many requests at that time pass. */
function passed(limit: RateLimit, count: number, now_ms: number, key = 'a'): number {
  for (let sent = 0; sent < count; sent += 1) {
    try {
      limit.demand(key, now_ms);
    } catch {
      return sent;
    }
    limit.take(key, now_ms);
  }
  return count;
}

const refusal = (limit: RateLimit, now_ms: number): unknown => {
  try {
    return limit.demand('a', now_ms);
  } catch (thrown) {
    return thrown;
  }
};

describe('a rate limit', () => {
  test('keeps nobody out for longer than an empty bucket takes, though the clock is set back', () => {
    const limit = new RateLimit({ whose: 'this address', perSecond: 10, burst_ms: 1_000 });
    passed(limit, 100, start_ms);
    const earlier_ms = start_ms - 3_600_000;
    expect(passed(limit, 100, earlier_ms)).toBe(10);
    expect(passed(limit, 100, earlier_ms + 1_000)).toBe(10);
  });

  test('lets ten seconds of requests come at once, and then as many as the seconds bring', () => {
    const limit = new RateLimit({ whose: 'a', perSecond: 4 });
    expect(passed(limit, 100, start_ms)).toBe(40);
    expect(passed(limit, 100, start_ms + 249)).toBe(0);
    expect(passed(limit, 100, start_ms + 250)).toBe(1);
    expect(passed(limit, 100, start_ms + 2_250)).toBe(8);
    expect(passed(limit, 100, start_ms + 3_600_000)).toBe(40);
    expect(passed(limit, 100, start_ms, 'another')).toBe(40);
  });

  test('says after how many seconds a request passes, and then it does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(20_000), (perSecond, later_ms) => {
        const limit = new RateLimit({ whose: 'a', perSecond });
        passed(limit, 10_000, start_ms);
        passed(limit, 10_000, start_ms + later_ms);
        const refused = refusal(limit, start_ms + later_ms) as { retryAfter_s: number };
        expect(refused).toMatchObject({ code: 'rate_limited' });
        const { retryAfter_s } = refused;
        expect(retryAfter_s).toBeGreaterThan(0);
        expect(refusal(limit, start_ms + later_ms + retryAfter_s * 1000)).toBeUndefined();
      }),
    );
  });

  test('that is off lets everything pass', () => {
    const limit = new RateLimit({ whose: 'a', perSecond: undefined });
    expect(passed(limit, 100_000, start_ms)).toBe(100_000);
  });

  test('counts what is taken though it is empty no further than to empty', () => {
    const limit = new RateLimit({ whose: 'a', perSecond: 1 });
    for (let count = 0; count < 1_000; count += 1) {
      limit.take('a', start_ms);
    }
    expect(refusal(limit, start_ms)).toMatchObject({ retryAfter_s: 1 });
  });

  test('remembers so many keys, and forgets the one that it has not heard for the longest', () => {
    const limit = new RateLimit({ whose: 'a', perSecond: 1 });
    passed(limit, 10, start_ms, 'first');
    passed(limit, 10, start_ms, 'second');
    for (let key = 0; key < 9_999; key += 1) {
      limit.take(String(key), start_ms);
      limit.take('second', start_ms);
    }
    expect(passed(limit, 10, start_ms, 'second')).toBe(0);
    expect(passed(limit, 10, start_ms, 'first')).toBe(10);
  });
});

describe('the limits that an edge has by itself', () => {
  const { RIZOMA_ADDRESS_RATE, RIZOMA_SERVICE_RATE, RIZOMA_FAILURE_RATE, ...bindings } =
    testBindings();
  const { rates } = configOf(bindings);

  test('let a hall of 2,000 people behind one address join at once', () => {
    const limit = new RateLimit({ whose: 'a', perSecond: rates.address });
    expect(passed(limit, 4_000, start_ms)).toBe(4_000);
  });

  test('let an app give out tokens for 10,000 joins within a minute', () => {
    for (const perSecond of [rates.address, rates.service]) {
      const limit = new RateLimit({ whose: 'a', perSecond });
      const served = Array.from({ length: 60 }, (_, second) =>
        passed(limit, 170, start_ms + second * 1000),
      );
      expect(new Set(served)).toEqual(new Set([170]));
    }
  });

  test('can be set, or switched off, and nothing else', () => {
    const rateOf = (text: string): number | undefined =>
      configOf({ ...testBindings(), RIZOMA_SERVICE_RATE: text }).rates.service;
    expect(rateOf('7')).toBe(7);
    expect(rateOf('off')).toBeUndefined();
    for (const text of ['', '0', '-1', '1.5', 'none', '12345678']) {
      expect(() => rateOf(text)).toThrowError(/RIZOMA_SERVICE_RATE is wrong/);
    }
  });
});
