import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { openApiOf } from '../../edge/docs/openapi.ts';
import worker from '../../edge/worker.ts';
import { httpApi } from '../../protocol/contracts/http-api/index.ts';
import { answersOf, routeAt, routesOf } from '../../protocol/http-contract.ts';
import { ServiceId } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { ask, bearer, createRoom, createToken, postJson, request, startNode } from './support.ts';

it('has a route for each row of the contract, and a row for each route', () => {
  const routes = worker.routes
    .filter(({ method, path }) => method !== 'ALL' && !path.includes('*'))
    .map(({ method, path }) => `${method} ${path}`);
  const rows = routesOf(httpApi).map(({ method, path }) => `${method} ${path}`);
  expect([...new Set(routes)].sort()).toEqual(rows.sort());
});

describe('the documents', () => {
  it('are an OpenAPI document that may be kept for a while', async () => {
    const response = await ask('/openapi.json');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(openApiOf(httpApi))));
  });

  it('are a page that may load nothing and run nothing', async () => {
    const response = await ask('/docs/');
    expect(response.headers.get('content-type')).toMatch('text/html');
    expect(response.headers.get('content-security-policy')).toMatch("default-src 'none'");
    expect(await response.text()).toMatch('id="post-rooms-room-tokens"');
  });
});

describe('what is documented happens', () => {
  /** Every status that the contract names for a route, but for faults of ours and too many requests. */
  const statuses = (method: string, path: string): number[] => {
    const route = routeAt(httpApi, method, path);
    return route === undefined
      ? []
      : answersOf(route)
          .filter(
            ({ codes, words }) =>
              codes.length === 0 || words.length > 0 || codes.some((code) => !everywhere.has(code)),
          )
          .map(({ status }) => status);
  };
  /** What any route answers, when something fails or too many ask: it is shown elsewhere. */
  const everywhere = new Set(['internal', 'unavailable', 'rate_limited']);
  const large = `{"name":"${'x'.repeat(limits.restBody_bytes)}"}`;
  const nowhere = '/rooms/ffffffffffffffffffffffff';
  const statusesOf = async (...responses: Promise<Response>[]): Promise<number[]> =>
    (await Promise.all(responses)).map(({ status }) => status).sort((a, b) => a - b);

  it('at POST /rooms', async () => {
    const seen = await statusesOf(
      request('POST', '/rooms', { name: 'x' }),
      request('POST', '/rooms', {}),
      postJson('/rooms', { name: 'x' }),
      request('POST', '/rooms', large),
    );
    expect(seen).toEqual([200, 400, 401, 413]);
    expect(statuses('POST', '/rooms')).toEqual(expect.arrayContaining(seen));
  });

  it('at DELETE /rooms/:room', async () => {
    const { _id } = await createRoom('short-lived');
    const headers = await bearer({ scope: 'read' });
    const seen = await statusesOf(
      request('DELETE', `/rooms/${_id}`),
      ask(`/rooms/${_id}`, { method: 'DELETE' }),
      ask(`/rooms/${_id}`, { method: 'DELETE', headers }),
      request('DELETE', nowhere),
      request('DELETE', nowhere, large),
    );
    expect(seen).toEqual([200, 401, 403, 404, 413]);
    expect(seen).toEqual(statuses('DELETE', nowhere));
  });

  it('at POST /rooms/:room/tokens', async () => {
    await startNode('eu-west');
    const { _id } = await createRoom('for tokens');
    const path = `/rooms/${_id}/tokens`;
    const seen = await statusesOf(
      createToken(_id),
      createToken(_id, { regions: 5 }),
      postJson(path, {}),
      createToken('ffffffffffffffffffffffff'),
      createToken(_id, large),
    );
    expect(seen).toEqual([200, 400, 401, 404, 413]);
    expect(statuses('POST', path)).toEqual(expect.arrayContaining(seen));
  });

  it('at DELETE /services/:service', async () => {
    const created = await request('POST', '/services', { name: 'x', key: 'y' });
    const id = v.parse(ServiceId, await created.json());
    const seen = await statusesOf(
      request('DELETE', `/services/${id}`),
      request('DELETE', `/services/${env.NUVE_SUPERSERVICE_ID}`),
      ask(`/services/${id}`, { method: 'DELETE' }),
      request('DELETE', '/services/nonsense'),
      request('DELETE', '/services/nonsense', large),
    );
    expect(seen).toEqual([200, 401, 403, 404, 413]);
    expect(seen).toEqual(statuses('DELETE', `/services/${id}`));
  });
});
