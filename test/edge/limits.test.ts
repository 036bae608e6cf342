import { createExecutionContext, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { asked } from '../../edge/objects/asked.ts';
import { settledOf } from '../../edge/objects/outcome.ts';
import { Service } from '../../edge/objects/service.ts';
import worker from '../../edge/worker.ts';
import { parseCredentials } from '../../protocol/credentials.ts';
import { clock, origin, problem, signed } from './support.ts';

/** An edge with its own limits, and a way to ask it from an address. */
function edgeWith(
  vars: Partial<typeof env>,
): (address: string, path: string, init?: RequestInit) => Promise<Response> {
  const bindings = { ...env, ...vars };
  return async (address, path, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('cf-connecting-ip', address);
    const request = new Request(`${origin}${path}`, { ...init, headers });
    return await worker.fetch(request, bindings, createExecutionContext());
  };
}

const limited = { status: 429, code: 'rate_limited' };

describe('requests of one address', () => {
  it('are refused beyond the rate, of whatever kind, and told when to come again', async () => {
    const ask = edgeWith({ RIZOMA_ADDRESS_RATE: '1' });
    const post = { method: 'POST', body: '{}' };
    for (let count = 0; count < 10; count += 1) {
      expect((await ask('192.0.2.1', '/healthz')).status).toBe(200);
    }
    for (const [path, init] of [
      ['/healthz', {}],
      ['/join', post],
      ['/demo/token', post],
      ['/rooms', { headers: await signed() }],
      ['/nodes/eu-west-1/link', {}],
      ['/nothing', {}],
    ] as const) {
      const response = await ask('192.0.2.1', path, init);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(await problem(response)).toEqual(limited);
    }
    expect((await ask('192.0.2.2', '/healthz')).status).toBe(200);
    clock.pass(1_000);
    expect((await ask('192.0.2.1', '/healthz')).status).toBe(200);
    expect((await ask('192.0.2.1', '/healthz')).status).toBe(429);
  });

  it('are those of its network where it is an IPv6 address', async () => {
    const ask = edgeWith({ RIZOMA_ADDRESS_RATE: '1' });
    for (let count = 0; count < 10; count += 1) {
      await ask(`2001:db8::${count}`, '/healthz');
    }
    expect((await ask('2001:db8:0:0:ffff::1', '/healthz')).status).toBe(429);
    expect((await ask('2001:db8:0:1::1', '/healthz')).status).toBe(200);
    expect((await ask('::ffff:192.0.2.1', '/healthz')).status).toBe(200);
  });

  it('are refused without asking an object when too many were wrongly signed', async () => {
    let asked = 0;
    const SERVICE = new Proxy(env.SERVICE, {
      get: (target, name) => {
        asked += name === 'get' ? 1 : 0;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const ask = edgeWith({ RIZOMA_FAILURE_RATE: '1', SERVICE });
    for (let count = 0; count < 10; count += 1) {
      const headers = await signed({ key: 'a guess' });
      expect((await ask('192.0.2.1', '/rooms', { headers })).status).toBe(401);
    }
    expect(asked).toBe(10);
    for (const headers of [await signed({ key: 'a guess' }), await signed()]) {
      expect(await problem(await ask('192.0.2.1', '/rooms', { headers }))).toEqual(limited);
    }
    expect(asked).toBe(10);
    // Who shares the address may join all the same.
    expect((await ask('192.0.2.1', '/join', { method: 'POST', body: '{}' })).status).toBe(400);
    const headers = await signed();
    expect((await ask('192.0.2.2', '/rooms', { headers })).status).toBe(200);
    clock.pass(1_000);
    expect((await ask('192.0.2.1', '/rooms', { headers: await signed() })).status).toBe(200);
  });
});

describe('requests of one service', () => {
  it('are refused beyond the rate, and nobody else can use it up', async () => {
    const stub = env.SERVICE.get(env.SERVICE.idFromName(env.NUVE_SUPERSERVICE_ID));
    const bindings: typeof env = { ...env, RIZOMA_SERVICE_RATE: '1' };
    // The other object may have nonces that it has not written yet.
    clock.pass(1_000);
    await runInDurableObject(stub, async (_, state) => {
      const service = new Service(state, bindings);
      const outcome = async (headers: { authorization: string }): Promise<string> => {
        const credentials = parseCredentials(headers.authorization);
        const answer = await settledOf(service.authenticate(asked({ credentials })));
        return answer.ok ? 'ok' : `${answer.code} ${answer.retryAfter_s}`;
      };
      const replayed = await signed();
      expect(await outcome(replayed)).toBe('ok');
      for (let count = 0; count < 20; count += 1) {
        expect(await outcome(await signed({ key: 'a guess' }))).toBe('unauthorized undefined');
        expect(await outcome(replayed)).toBe('unauthorized undefined');
      }
      for (let count = 0; count < 9; count += 1) {
        expect(await outcome(await signed())).toBe('ok');
      }
      const early = await signed();
      expect(await outcome(early)).toBe('rate_limited 1');
      clock.pass(1_000);
      // Refused, it was not used: it is good still.
      expect(await outcome(early)).toBe('ok');
      expect(await outcome(await signed())).toBe('rate_limited 1');
    });
  });
});
