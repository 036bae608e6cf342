import { expect, it } from 'vitest';
import { httpApi, pathParameters } from '../../../protocol/contracts/http-api/index.ts';
import { isErrorCode } from '../../../protocol/errors.ts';
import { errorsOf, routesOf } from '../../../protocol/http-contract.ts';
import { parse } from '../../../protocol/parse.ts';

const routes = routesOf(httpApi).map((route) => ({
  ...route,
  title: `${route.method} ${route.path}`,
}));

it.each(routes)('$title says what its parameters are', ({ path }) => {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  expect(Object.keys(pathParameters)).toEqual(expect.arrayContaining(names));
});

it.each(routes)('$title has an example where it has a body, and it fits', ({ row }) => {
  const { body, example } = row;
  expect(example === undefined).toBe(body === undefined);
  if (body !== undefined) {
    expect(() => parse(body, example, 'the example')).not.toThrow();
  }
});

it.each(routes)('$title names each of its codes once, and none that comes by itself', (route) => {
  expect(errorsOf(route).every(isErrorCode)).toBe(true);
  const own: string[] = [...route.row.errors];
  expect(own).toEqual([...new Set(own)]);
  expect(own).not.toContain('internal');
});
