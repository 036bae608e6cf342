import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parseBody } from '../../../edge/body-text.ts';
import { configOf } from '../../../edge/config.ts';
import { httpApi } from '../../../protocol/contracts/http-api/index.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import type { HttpRow } from '../../../protocol/http-contract.ts';
import { limits } from '../../../protocol/limits.ts';
import { fuzzSeed } from '../../support/fuzz/amount.ts';
import { boundsOf, expectDefined, fuzz, patient } from '../../support/fuzz/decoders.ts';
import { hostile, hostileTo } from '../../support/fuzz/hostile.ts';

/** What the edge reads from requests and from its own configuration. */

const bodies = Object.entries(httpApi).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, row]: [string, HttpRow]) =>
    row.body === undefined ? [] : [[`${method} ${path}`, row.body] as const],
  ),
);

const json = 'application/json';
const form = 'application/x-www-form-urlencoded';

async function expectBody(text: string, type: string, schema: v.GenericSchema): Promise<boolean> {
  return await expectDefined(() => parseBody({ text, type }, schema), {
    ...boundsOf(text),
    depth: limits.nesting,
  });
}

describe(`the body of a request (seed ${fuzzSeed})`, patient, () => {
  it.each([...bodies, ['whatever a route takes', v.unknown()] as const])(
    '%s',
    async (_what, schema) => {
      await fuzz(hostileTo(schema), (value) => expectBody(JSON.stringify(value), json, schema));
    },
  );

  it('as text, of any kind', async () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.nat(30_000).map((depth) => '['.repeat(depth)),
      fc.nat(10_000).map((depth) => `${'{"a":'.repeat(depth)}"\\ud800"${'}'.repeat(depth)}`),
    );
    const types = fc.constantFrom(json, form, `${form}; charset=utf-8`, '');
    await fuzz(fc.tuple(texts, types), ([text, type]) => expectBody(text, type, v.unknown()), {
      times: 10,
    });
  });

  it('as a form, with names in names and many of them', async () => {
    const name = fc.constantFrom(
      'a',
      'options',
      '__proto__',
      'constructor',
      'toString',
      '',
      ' ',
      '0',
    );
    const key = fc
      .tuple(name, fc.array(name, { maxLength: 40, size: 'max' }))
      .map(([first, rest]) => `${first}${rest.map((one) => `[${one}]`).join('')}`);
    const forms = fc
      .tuple(fc.array(fc.tuple(key, fc.string({ maxLength: 9 })), { maxLength: 60 }), fc.nat(3_000))
      .map(([fields, many]) => {
        const others = Array.from({ length: many }, (_, at): [string, string] => [`k${at}[x]`, '']);
        return new URLSearchParams([...fields, ...others]).toString();
      });
    await fuzz(forms, (text) => expectBody(text, form, v.unknown()), { times: 3 });
  });
});

describe(`the configuration of the edge (seed ${fuzzSeed})`, patient, () => {
  const names = [
    ...['NUVE_SUPERSERVICE_ID', 'NUVE_SUPERSERVICE_KEY', 'RIZOMA_ENROL_SECRET'],
    ...['RIZOMA_TICKET_KEY', 'RIZOMA_ADDRESS_RATE', 'RIZOMA_JURISDICTIONS', 'RIZOMA_PUBLIC_URL'],
  ] as const;
  const complete = {
    NUVE_SUPERSERVICE_ID: 'a'.repeat(24),
    NUVE_SUPERSERVICE_KEY: 'k'.repeat(32),
    RIZOMA_ENROL_SECRET: 'e'.repeat(32),
    RIZOMA_TICKET_KEY: 'e30',
  };

  it('is taken, or refused with the name of what is wrong', async () => {
    await fuzz(fc.tuple(fc.constantFrom(...names), hostile), ([name, value]) =>
      expectDefined(() => configOf({ ...complete, [name]: value }), {
        ...boundsOf([complete, value]),
        depth: limits.nesting,
      }),
    );
  });

  it('keeps a key that is wrong to itself', () => {
    const jwk = {
      kty: 'OKP',
      crv: 'Ed25519',
      x: 'x'.repeat(43),
      d: 'a secret of the wrong length',
    };
    for (const wrong of [jwk, JSON.stringify(jwk), [jwk]]) {
      const text = Buffer.from(JSON.stringify(wrong)).toString('base64url');
      try {
        configOf({ ...complete, RIZOMA_TICKET_KEY: text });
        expect.unreachable();
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(RizomaError);
        expect(String(thrown)).toContain('RIZOMA_TICKET_KEY is not the private key');
        expect(String(thrown)).not.toContain('a secret of the wrong length');
      }
    }
  });
});
