import { expect, it } from 'vitest';
import worker from '../../edge/worker.ts';
import { httpApi } from '../../protocol/contracts/http-api/index.ts';
import { routesOf } from '../../protocol/http-contract.ts';

it('has a route for each row of the contract, and a row for each route', () => {
  const routes = worker.routes
    .filter(({ method, path }) => method !== 'ALL' && !path.includes('*'))
    .map(({ method, path }) => `${method} ${path}`);
  const rows = routesOf(httpApi).map(({ method, path }) => `${method} ${path}`);
  expect([...new Set(routes)].sort()).toEqual(rows.sort());
});
