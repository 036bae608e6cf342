import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import worker from '../../edge/worker.ts';
import { createExecutionContext } from 'cloudflare:test';
import { ask, problem, signed } from './support.ts';

describe('the Worker', () => {
  it('says that it is well', async () => {
    const response = await ask('/healthz');
    expect(await response.json()).toEqual({ status: 'ok' });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('knows no region before a node came', async () => {
    expect(await (await ask('/regions')).json()).toEqual({ regions: [] });
  });

  it('answers an unknown path with a problem that any page may read', async () => {
    const response = await ask('/nothing');
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await problem(response)).toEqual({ status: 404, code: 'not_found' });
  });

  it('answers a method that a path does not take, and says which it takes', async () => {
    for (const [method, path, allow] of [
      ['POST', '/healthz', 'GET, HEAD'],
      ['DELETE', '/regions', 'GET, HEAD'],
      ['POST', '/nodes/a/link', 'GET, HEAD'],
      ['GET', '/join', 'POST'],
      ['PUT', '/rooms', 'GET, HEAD, POST'],
      ['POST', '/rooms/0123456789abcdef01234567', 'GET, HEAD, PUT, PATCH, DELETE'],
      ['GET', '/rooms/0123456789abcdef01234567/tokens', 'POST, DELETE'],
      ['GET', '/demo/token', 'POST'],
    ] as const) {
      const response = await ask(path, { method });
      expect(response.headers.get('allow')).toBe(allow);
      expect(await problem(response)).toEqual({ status: 405, code: 'method_not_allowed' });
    }
  });

  it('lets pages of any origin send what they need', async () => {
    const response = await ask('/join', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.test',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,authorization',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-headers')).toMatch('authorization');
  });

  it('says which variable is missing and how to set it, and shows none', async () => {
    const { RIZOMA_TICKET_KEY: _, ...incomplete } = { ...env };
    const request = new Request('https://edge.test/rooms', {
      method: 'POST',
      headers: await signed(),
    });
    const response = await worker.fetch(request, incomplete, createExecutionContext());
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).toMatch('wrangler secret put RIZOMA_TICKET_KEY');
    expect(text).not.toMatch(env.NUVE_SUPERSERVICE_KEY);
  });

  it('has no demo route unless it is switched on', async () => {
    for (const RIZOMA_DEMO of ['off', 'true', 'ON']) {
      for (const method of ['POST', 'GET']) {
        const request = new Request('https://edge.test/demo/token', { method });
        const bindings = { ...env, RIZOMA_DEMO };
        const response = await worker.fetch(request, bindings, createExecutionContext());
        expect(await problem(response)).toEqual({ status: 404, code: 'not_found' });
      }
    }
  });
});
