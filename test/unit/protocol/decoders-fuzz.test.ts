import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parseServerMessage } from '../../../client/sdk/server-message.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { Certificate, readCertificate } from '../../../protocol/certificate.ts';
import type { Contract } from '../../../protocol/contract.ts';
import * as bandwidth from '../../../protocol/contracts/bandwidth.ts';
import { HandshakeAdditions, HandshakeAuth } from '../../../protocol/contracts/client.ts';
import * as controllerAgent from '../../../protocol/contracts/controller-agent.ts';
import * as controllerController from '../../../protocol/contracts/controller-controller.ts';
import * as controllerErizo from '../../../protocol/contracts/controller-erizo.ts';
import * as erizoErizo from '../../../protocol/contracts/erizo-erizo.ts';
import { gossip } from '../../../protocol/contracts/gossip.ts';
import * as nodeEdge from '../../../protocol/contracts/node-edge.ts';
import { waysToErizo } from '../../../protocol/contracts/ways.ts';
import { WebhookEvent } from '../../../protocol/contracts/webhooks.ts';
import { parseCredentials } from '../../../protocol/credentials.ts';
import { checkEnrolment } from '../../../protocol/enrolment.ts';
import { decodeFrame, encodeFrame, Frame } from '../../../protocol/frame.ts';
import { checkGrant, Grant } from '../../../protocol/grant.ts';
import { joseKey } from '../../../protocol/jose-key.ts';
import { limits } from '../../../protocol/limits.ts';
import { MAuth } from '../../../protocol/mauth.ts';
import { checkNesting } from '../../../protocol/nesting.ts';
import { parse } from '../../../protocol/parse.ts';
import { checkPass, Pass } from '../../../protocol/pass.ts';
import { checkReentry, Reentry } from '../../../protocol/reentry.ts';
import { peekCard, readCard, SaidLoad } from '../../../protocol/said-card.ts';
import { checkServiceJwt } from '../../../protocol/service-jwt.ts';
import { checkTicket, parseTicketKey, publicTicketKey, Ticket } from '../../../protocol/ticket.ts';
import {
  decodeSigned,
  decodeToken,
  SignedToken,
  Token,
  tokenOfQuery,
} from '../../../protocol/token.ts';
import { signWebhook, verifyWebhook } from '../../../protocol/webhook.ts';
import { decoderInputs, fuzzSeed } from '../../support/fuzz/amount.ts';
import { boundsOf, expectDefined, fuzz, patient } from '../../support/fuzz/decoders.ts';
import { counted, hostile, hostileTo, measure } from '../../support/fuzz/hostile.ts';
import { valuesOf } from '../../support/fuzz/shapes.ts';

/**
 * Whatever comes from outside, a decoder gives a value that is no larger and no deeper than it may be, or throws an
 * error with a code and few words.
 */

const isContract = (value: unknown): value is Contract =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((row) => typeof row === 'object' && row !== null && 'params' in row);

const modules: Readonly<Record<string, unknown>> = {
  ...{ gossip, waysToErizo, ...bandwidth, ...controllerAgent, ...controllerController },
  ...{ ...controllerErizo, ...erizoErizo, ...nodeEdge },
};
const contracts = Object.entries(modules).filter((entry): entry is [string, Contract] =>
  isContract(entry[1]),
);

const rpcSchemas = contracts.flatMap(([contract, rows]) =>
  Object.entries(rows).flatMap(([method, row]) => {
    const schemas: Readonly<Record<string, v.GenericSchema | undefined>> =
      'notify' in row ? { params: row.params } : { ...pick(row) };
    return Object.entries(schemas).flatMap(([what, schema]) =>
      schema === undefined ? [] : [[`${contract} ${method} ${what}`, schema] as const],
    );
  }),
);

function pick(row: {
  params: v.GenericSchema;
  result: v.GenericSchema;
  part?: v.GenericSchema;
}): Record<string, v.GenericSchema | undefined> {
  return { params: row.params, result: row.result, part: row.part };
}

const seeded = `(seed ${fuzzSeed})`;

describe(`RPC frames, over ZeroMQ, libp2p and the link to the edge ${seeded}`, patient, () => {
  it('are frames, or refused', async () => {
    const texts = fc.oneof(
      hostileTo(Frame).map((value) => JSON.stringify(value)),
      fc.string({ maxLength: 200 }),
      fc.nat(200_000).map((depth) => '['.repeat(depth)),
    );
    await fuzz(texts, (text) => expectDefined(() => decodeFrame(text), boundsOf(text)), {
      times: 15,
    });
  });

  it('may be as deep as what a client says within the facts of a room, and no deeper', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
    const frame = (levels: number): string =>
      encodeFrame({ t: 'notify', method: 'm', params: nested(levels - 1) });
    expect(decodeFrame(frame(limits.frameNesting))).toMatchObject({ method: 'm' });
    expect(() => decodeFrame(frame(limits.frameNesting + 1))).toThrow('deeper than 32 levels');
  });

  /** Each has inputs of its own: else one seed would refuse them all. */
  const shifts = new Map(rpcSchemas.map(([what], index) => [what, index]));
  /** What was taken, and not always refused. */
  const taken = new Set<string>();

  it.each(rpcSchemas)(
    'hold %s, or are refused, at a cost that grows as they do',
    async (what, schema) => {
      await fuzz(
        hostileTo(schema),
        async (input) => {
          const bounds = boundsOf(input);
          const isTaken = await expectDefined(() => {
            const text = JSON.stringify({ t: 'notify', method: 'm', params: input });
            const frame = decodeFrame(text);
            return frame.t === 'notify' ? parse(schema, frame.params, what) : undefined;
          }, bounds);
          if (isTaken) {
            taken.add(what);
          }
          const { value, reads } = counted(input);
          await expectDefined(() => parse(schema, value, what), { ...bounds, depth: Infinity });
          // A union tries each of its kinds; nothing tries each part with each other.
          expect(reads()).toBeLessThan(50 * (bounds.nodes + 100));
        },
        { shift: shifts.get(what) ?? 0 },
      );
    },
  );

  it('are of many methods, of which many took something', () => {
    expect(rpcSchemas.length).toBeGreaterThan(100);
    expect(taken.size).toBeGreaterThan(rpcSchemas.length / 10);
  });
});

describe(`what clients and controllers say at first ${seeded}`, patient, () => {
  const decoders = [
    ['the query of a handshake', HandshakeAdditions],
    ['the auth of a handshake', HandshakeAuth],
  ] as const;
  it.each(decoders)('%s', async (what, schema) => {
    await fuzz(hostileTo(schema), (input) =>
      expectDefined(() => parse(schema, input, what), boundsOf(input)),
    );
  });

  it('the token in a query', async () => {
    await fuzz(hostileTo(SignedToken), (input) =>
      expectDefined(() => tokenOfQuery(Object(input)), boundsOf(input)),
    );
  });

  it('a message of a controller to a client, which is nothing where it is not understood', async () => {
    const events = ['connected', 'onAddStream', 'connection_message_erizo', 'onLastN', '__proto__'];
    await fuzz(fc.tuple(fc.constantFrom(...events), hostile), ([event, payload]) =>
      expectDefined(() => parseServerMessage(event, payload), {
        ...boundsOf(payload),
        depth: Infinity,
      }),
    );
  });
});

const now_ms = 1_700_000_000_000;
const now_s = now_ms / 1000;
const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
const key = parseTicketKey(Buffer.from(JSON.stringify(jwk)).toString('base64url'));
const publicKey = publicTicketKey(key);
const secret = 's'.repeat(64);
const nodeId = 'eu-west-1';
const expected = { nodeId, now_ms };

/** Text as decoders of signed texts get it from strangers: three parts of base64url, or anything. */
const unsigned = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .tuple(hostile, hostile, fc.string({ maxLength: 90 }))
    .map(([head, claims, end]) => `${base64Url(head)}.${base64Url(claims)}.${base64Url(end)}`),
  hostile.map((claims) => `${base64Url({ alg: 'none' })}.${base64Url(claims)}.`),
  hostile.map(base64),
);

function base64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}

function base64Url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Claims that are right as far as is said, and hostile in a place. */
type Claims = Record<string, unknown>;

interface SignedText {
  readonly typ?: string;
  /** With the key of the edge or a node, or with a secret. */
  readonly alg: 'EdDSA' | 'HS256';
  readonly claims: unknown;
  /** Of all, beside what the schema has. */
  readonly also?: (claims: Claims) => Claims;
  readonly check: (text: string) => unknown;
}

const times = { iat: now_s, exp: now_s + 30 };
const SaidClaims = v.object({
  card: v.object({ nodeId: v.literal(nodeId) }),
  load: v.optional(SaidLoad),
  said_ms: v.literal(now_ms),
  since_ms: v.literal(now_ms),
  gone: v.boolean(),
});

const signedTexts: Readonly<Record<string, SignedText>> = {
  'a ticket': {
    ...{ typ: 'rizoma-ticket+jwt', alg: 'HS256', claims: Ticket },
    also: ({ clientId: sub }) => ({ aud: nodeId, sub, ...times }),
    check: (text) => checkTicket({ ticketKey: publicKey, ticketSecret: secret }, text, expected),
  },
  'a re-entry': {
    ...{ typ: 'rizoma-reentry+jwt', alg: 'HS256', claims: Reentry },
    also: ({ clientId: sub }) => ({ sub, ...times }),
    check: (text) => checkReentry(secret, text, now_ms),
  },
  'a pass': {
    ...{ typ: 'rizoma-pass+jwt', alg: 'EdDSA', claims: Pass },
    also: ({ tokenId: jti }) => ({ jti, ...times }),
    check: (text) => checkPass(publicKey, text, now_ms),
  },
  'a grant': {
    ...{ typ: 'rizoma-grant+jwt', alg: 'EdDSA', claims: Grant },
    also: ({ roomId: sub }) => ({ sub, ...times }),
    check: (text) => checkGrant(publicKey, text, { roomId: 'a'.repeat(24), ends: [], now_ms }),
  },
  'a certificate': {
    ...{ typ: 'rizoma-node+jwt', alg: 'EdDSA', claims: Certificate },
    also: () => ({ sub: nodeId, ...times }),
    check: (text) => readCertificate(publicKey, text, now_ms),
  },
  'an enrolment': {
    ...{
      typ: 'rizoma-enrolment+jwt',
      alg: 'EdDSA',
      claims: v.omit(Certificate, ['nodeId', 'jti']),
    },
    also: () => ({ key: publicKey, sub: nodeId, ...times }),
    check: (text) => checkEnrolment(text, { ...expected, epoch: crypto.randomUUID() }),
  },
  'a card': {
    ...{ typ: 'rizoma-card+jwt', alg: 'EdDSA', claims: SaidClaims },
    also: () => ({ key: publicKey }),
    check: (text) => readCard(text, now_ms),
  },
  'the node of a card': {
    ...{ typ: 'rizoma-card+jwt', alg: 'EdDSA', claims: SaidClaims },
    check: (text) => peekCard(text),
  },
  'a JWT of a service': {
    alg: 'HS256',
    claims: v.object({ scope: v.array(v.string()), username: v.string(), role: v.string() }),
    also: () => ({ iss: 'a'.repeat(24), ...times }),
    check: (text) => checkServiceJwt(secret, text, now_ms),
  },
  'a JWT in a header': {
    alg: 'HS256',
    claims: v.object({ iss: v.string(), jti: v.string() }),
    check: (text) => parseCredentials(`Bearer ${text}`),
  },
};

function signed({ typ, alg, also }: SignedText, value: unknown): Promise<string> {
  const claims: Claims = { ...Object(value) };
  const header = typ === undefined ? { alg } : { alg, typ };
  return new SignJWT({ ...claims, ...also?.(claims) })
    .setProtectedHeader(header)
    .sign(alg === 'EdDSA' ? joseKey(key) : utf8(secret));
}

describe(`signed texts ${seeded}`, patient, () => {
  it.each(Object.entries(signedTexts))(
    '%s of anybody, and one that is rightly signed',
    async (_what, row) => {
      await fuzz(unsigned, (text) => expectDefined(() => row.check(text), boundsOf(text)));
      await fuzz(hostileTo(row.claims), async (value) => {
        const text = await signed(row, value);
        await expectDefined(() => row.check(text), { ...boundsOf(text), depth: limits.nesting });
      });
    },
  );

  it('a token, whole and of what is signed', async () => {
    const texts = fc.oneof(
      unsigned,
      hostileTo(Token).map((value) => base64(value)),
    );
    await fuzz(texts, async (text) => {
      await expectDefined(() => decodeToken(text), boundsOf(text));
      await expectDefined(() => decodeSigned(text), boundsOf(text));
    });
  });

  it('a header of MAuth, or of no known scheme', async () => {
    const headers = fc.oneof(
      unsigned,
      hostileTo(MAuth).map((value) => {
        const fields = Object.entries(Object(value)).map(
          ([name, text]) =>
            `mauth_${name}=${typeof text === 'string' ? text : JSON.stringify(text)}`,
        );
        return `MAuth realm=x,${fields.join(',')}`;
      }),
    );
    await fuzz(headers, (text) => expectDefined(() => parseCredentials(text), boundsOf(text)));
  });

  it('a webhook, rightly signed', async () => {
    await fuzz(hostileTo(WebhookEvent), async (value) => {
      const body = JSON.stringify(value);
      const headers = await signWebhook(secret, { id: 'id', body }, now_ms);
      await expectDefined(() => verifyWebhook(secret, headers, body, now_ms), boundsOf(body));
    });
  });
});

describe('the fuzz itself', () => {
  it('counts how deep and large a value is', () => {
    expect(measure({ ab: [1, 'text'], c: null })).toEqual({ depth: 2, nodes: 5, chars: 7 });
  });

  it('makes values that are too deep, some that are large, and keys that are traps', () => {
    const found = { deep: 0, wide: 0, long: 0, traps: 0 };
    for (const value of fc.sample(hostile, { numRuns: 300, seed: fuzzSeed })) {
      const { depth, nodes, chars } = measure(value);
      found.deep += depth > limits.nesting ? 1 : 0;
      found.wide += nodes > 1_000 ? 1 : 0;
      found.long += chars > 10_000 ? 1 : 0;
      found.traps += JSON.stringify(value).includes('"__proto__":') ? 1 : 0;
    }
    for (const count of Object.values(found)) {
      expect(count).toBeGreaterThan(3);
    }
  });

  it('makes values that decoders take, too', async () => {
    let taken = 0;
    const schema = v.object({ a: v.string(), b: v.optional(v.number()) });
    for (const value of fc.sample(hostileTo(schema), { numRuns: 200, seed: fuzzSeed })) {
      taken += (await expectDefined(() => parse(schema, value, 'x'), boundsOf(value))) ? 1 : 0;
    }
    expect(taken).toBeGreaterThan(20);
    expect(taken).toBeLessThan(180);
    expect(decoderInputs).toBeGreaterThan(0);
  });

  it('fails for a decoder that gives more than it got, recurses, or throws what has no code', async () => {
    const input = fc.sample(fc.nat(), 1);
    const more = expectDefined(() => Array.from({ length: 500 }), boundsOf(input));
    await expect(more).rejects.toThrow('decoded to');
    await expect(expectDefined(() => JSON.parse('{'), boundsOf(input))).rejects.toThrow(
      SyntaxError,
    );
    const nested: unknown = JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`);
    await expect(expectDefined(() => nested, boundsOf(nested))).rejects.toThrow('decoded to');
    await expect(expectDefined(() => checkNesting(nested, 'it'), boundsOf(nested))).resolves.toBe(
      false,
    );
    expect(valuesOf(v.string())).toBeDefined();
  });
});
