import * as fc from 'fast-check';
import { httpApi } from '../../../protocol/contracts/http-api/index.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import type { HttpRoute } from '../../../protocol/http-contract.ts';
import { routesOf } from '../../../protocol/http-contract.ts';
import { limits } from '../../../protocol/limits.ts';
import { anything, text, valuesOf } from '../../support/fuzz/shapes.ts';

/** What a parameter of a path is filled with. */
export type Fill =
  /** Of the service that signs, where there is one. */
  | { readonly kind: 'own' }
  | { readonly kind: 'other' }
  | { readonly kind: 'unknown' }
  /** What no id looks like; it stands in the path as it is. */
  | { readonly kind: 'text'; readonly text: string };

/** Ways to sign that are wrong for certain. */
export const wrongs = [
  ...(['none', 'wrong key', 'unknown service', 'sent before', 'stale', 'ahead'] as const),
  ...(['changed', 'malformed'] as const),
];

export interface Signer {
  readonly who: 'super' | 'app' | 'vault' | 'stranger';
  readonly how: 'right' | 'doubled' | 'huge' | (typeof wrongs)[number];
  readonly user: { readonly username: string; readonly role: string } | undefined;
}

export interface Body {
  readonly type: string | undefined;
  /** Text with `$token`, `$room` and `$reentry` in the place of what there is. */
  readonly content: string | Uint8Array;
  /** Sent in pieces, so that nobody knows its length before. */
  readonly chunked: boolean;
}

/** A request that is yet to be filled with what there is. */
export interface Plan {
  readonly route: HttpRoute;
  readonly method: string;
  readonly fills: readonly Fill[];
  /** What follows the path. */
  readonly tail: string;
  readonly signer: Signer;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Body | undefined;
}

const often = <T>(arbitrary: fc.Arbitrary<T>, weight: number): fc.WeightedArbitrary<T> => ({
  arbitrary,
  weight,
});

/** What a header can hold everywhere: the runtime warns of anything else, at length. */
const headerText = fc
  .string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)) })
  .map((value) => value.trim());
const huge = 'x'.repeat(100 * 1024);

const headers = fc.array(
  fc.tuple(
    fc.constantFrom(
      ...['accept', 'content-type', 'x-request-id', 'origin', 'cookie', 'x-http-method-override'],
      ...['upgrade', 'content-length', 'transfer-encoding', 'cf-connecting-ip', 'expect', 'x-a'],
    ),
    fc.oneof(
      often(headerText, 6),
      often(fc.constantFrom('websocket', '-1', '99999999999', 'DELETE', '*/*', ''), 6),
      often(fc.constant(huge), 1),
    ),
  ),
  { maxLength: 3 },
);

const fill: fc.Arbitrary<Fill> = fc.oneof(
  often(fc.constant<Fill>({ kind: 'own' }), 10),
  often(fc.constant<Fill>({ kind: 'other' }), 3),
  often(fc.constant<Fill>({ kind: 'unknown' }), 2),
  often(
    fc
      .oneof(
        text.map((each) => encodeURIComponent(each.toWellFormed())),
        fc.constantFrom('%', '%ZZ', '%00', '..', '%2e%2e', '%2F', 'A'.repeat(24), 'f'.repeat(25)),
        fc.constantFrom(
          '%C3%28',
          '%F0%9F',
          'x'.repeat(10_000),
          '%20',
          ';a=b',
          '\\',
          '-',
          '__proto__',
        ),
      )
      .map((each): Fill => ({ kind: 'text', text: each })),
    3,
  ),
);

const tail = fc.oneof(
  often(fc.constant(''), 12),
  often(fc.constant('/'), 3),
  often(fc.constantFrom('//', '/.', '/..', '/%2F', '/tokens', '/users/', '/%00', '#a'), 2),
  often(
    fc.oneof(text, fc.webQueryParameters()).map((query) => `?${query.toWellFormed()}`),
    2,
  ),
);

const user = fc.record({
  username: fc.oneof(
    fc.constantFrom('ann', 'bob', 'zo%C3%AB', '', 'a,b', 'x=y', 'u'.repeat(300)),
    headerText,
  ),
  role: fc.oneof(
    fc.constantFrom('presenter', 'viewer', '', 'r'.repeat(65), '__proto__'),
    headerText,
  ),
});

function signers({ row }: HttpRoute): fc.Arbitrary<Signer> {
  const service = fc.constantFrom('app', 'app', 'vault', 'stranger', 'super');
  return fc
    .record({
      who:
        row.caller === 'superservice' ? fc.constantFrom('super', 'super', 'super', 'app') : service,
      how: fc.oneof(
        often(fc.constant('right'), 12),
        often(fc.constantFrom('doubled', 'huge'), 1),
        often(fc.constantFrom(...wrongs), 4),
      ),
      user: row.signsUser === true ? fc.option(user, { freq: 12 }) : fc.option(user, { freq: 1 }),
    })
    .map(({ who, how, user: named }): Signer => ({ who, how, user: named ?? undefined }));
}

const types = [
  ...['application/json', 'application/x-www-form-urlencoded', 'text/plain', undefined],
  ...[
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    ';',
    'x'.repeat(9_000),
  ],
];
const json = (value: unknown): string => JSON.stringify(value) ?? '';

function bodies({ row }: HttpRoute): fc.Arbitrary<Body | undefined> {
  const values =
    row.body === undefined
      ? anything
      : fc.oneof(often(valuesOf(row.body), 4), often(fc.constant(row.example), 1));
  const chunked = fc.nat(9).map((chance) => chance === 0);
  const told = (content: fc.Arbitrary<string | Uint8Array>): fc.Arbitrary<Body> =>
    fc.record({ type: fc.constantFrom(...types), content, chunked });
  const plain = values.map(json);
  const right = fc.record({ type: fc.constant('application/json'), content: plain, chunked });
  return fc.oneof(
    often(right, row.body === undefined ? 1 : 12),
    often(told(fc.tuple(values, text, anything).map(spoiled).map(json)), 3),
    often(told(anything.map(json)), 2),
    often(told(fc.tuple(plain, fc.nat()).map(cut)), 1),
    often(forms(values), 3),
    often(told(fc.uint8Array({ maxLength: 60 })), 1),
    often(told(fc.constantFrom('', ' ', '{', '[', '\ufeff{}', '{}{}', 'null', 'NaN', '"')), 1),
    often(told(fc.nat(3).map((over) => ' '.repeat(limits.restBody_bytes - 1 + over))), 1),
    often(fc.constant(undefined), row.body === undefined ? 12 : 1),
  );
}

/** With one field too many, or another value in the place of one. */
function spoiled([value, name, other]: [unknown, string, unknown]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return other;
  }
  const names = Object.keys(value);
  return { ...value, [names[name.length % (names.length + 1)] ?? name]: other };
}

/** Ends in the middle, of a character perhaps. */
function cut([content, at]: [string, number]): Uint8Array {
  const bytes = utf8(content);
  return bytes.slice(0, at % (bytes.length + 1));
}

function forms(values: fc.Arbitrary<unknown>): fc.Arbitrary<Body> {
  const key = fc.constantFrom('name', 'options', 'name[a]', 'options[data][a]', 'a[b][c][d][e][f]');
  const odd = fc.constantFrom(
    '[',
    ']',
    'a[',
    'a[]',
    'a[][b]',
    '__proto__[a]',
    'options[__proto__]',
  );
  const loose = fc
    .array(fc.tuple(fc.oneof(key, odd, text), text), { maxLength: 8 })
    .map((pairs) => new URLSearchParams(pairs.map(([a, b]) => [a, b])).toString());
  const made = values.map((value) => new URLSearchParams(fieldsOf(value, '')).toString());
  return fc.record({
    type: fc.constant('application/x-www-form-urlencoded'),
    content: fc.oneof(made, loose, text),
    chunked: fc.boolean(),
  });
}

function fieldsOf(value: unknown, name: string, depth = 0): [string, string][] {
  if (typeof value !== 'object' || value === null || depth > 8) {
    return value === undefined ? [] : [[name, typeof value === 'string' ? value : json(value)]];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    fieldsOf(inner, name === '' ? key : `${name}[${key}]`, depth + 1),
  );
}

/** Requests made after one row of the API. */
function plansOf(route: HttpRoute): fc.Arbitrary<Plan> {
  const parameters = route.path.split('/').filter((name) => name.startsWith(':')).length;
  return fc.record({
    route: fc.constant(route),
    method: fc.oneof(
      often(fc.constant<string>(route.method), 12),
      often(fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'), 1),
      often(fc.constantFrom('PROPFIND', 'patch', 'FOO', 'get'), 1),
    ),
    fills: fc.array(fill, { minLength: parameters, maxLength: parameters }),
    tail,
    signer: signers(route),
    headers: fc.oneof(often(fc.constant([]), 3), often(headers, 1)),
    body: bodies(route),
  });
}

/** Long answers cost more than the rest together. */
const long = new Set(['GET /rooms', 'GET /services', 'GET /openapi.json', 'GET /docs']);

/** Requests after each row of the API, most of them after those that are asked for. */
export function plans(isFocus: (route: HttpRoute) => boolean): fc.Arbitrary<Plan> {
  const weightOf = (route: HttpRoute): number =>
    (isFocus(route) ? 6 : 1) * (long.has(`${route.method} ${route.path}`) ? 1 : 4);
  return fc.oneof(...routesOf(httpApi).map((route) => often(plansOf(route), weightOf(route))));
}
