import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../../nodes/config.ts';
import { readConfig, readCurveKeys } from '../../../nodes/erizo/config.ts';
import { Identity } from '../../../nodes/mesh/identity.ts';
import { Memory } from '../../../nodes/mesh/remembered.ts';
import { NodeCard } from '../../../protocol/contracts/node-edge.ts';
import { CurveKey } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { TicketPrivateKey, TicketPublicKey } from '../../../protocol/ticket.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { fuzzSeed } from '../../support/fuzz/amount.ts';
import { boundsOf, expectDefined, fuzz, patient } from '../../support/fuzz/decoders.ts';
import { hostile, hostileTo } from '../../support/fuzz/hostile.ts';
import { text } from '../../support/fuzz/shapes.ts';

/** What the processes of a node read from their environment, their files and their standard input. */

const node = {
  RIZOMA_NODE_ID: 'eu-west-1',
  RIZOMA_REGION: 'eu-west',
  RIZOMA_LAT: '53.35',
  RIZOMA_LON: '-6.26',
  RIZOMA_IP: '127.0.1.1',
  RIZOMA_PUBLIC_HOST: '127.0.1.1:8080',
  RIZOMA_HTTP_PORT: '8080',
  RIZOMA_RPC_PORT: '9000',
  RIZOMA_EDGE_URL: 'http://127.0.0.1:8787',
  RIZOMA_ENROL_SECRET: 'hush-hush',
  RIZOMA_ROLES: 'agent',
  RIZOMA_TRUSTED_PROXIES: '10.0.0.0/8',
  RIZOMA_EXTERNAL_INPUT: 'rtsp://camera.test:554',
};

const erizo = {
  RIZOMA_ERIZO_ID: crypto.randomUUID(),
  RIZOMA_NODE_ID: 'eu-west-1',
  RIZOMA_REGION: 'eu-west',
  RIZOMA_IP: '127.0.1.1',
  RIZOMA_AGENT_ENDPOINT: 'tcp://127.0.0.1:9000',
  RIZOMA_MEDIA_PORT_MIN: '40000',
  RIZOMA_MEDIA_PORT_MAX: '40010',
};

/** Texts alone: an environment has no others. */
const texts = fc.oneof(
  text,
  hostile.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
);
const log = pino({ level: 'silent' });

describe(`the environment (seed ${fuzzSeed})`, patient, () => {
  it('of a node is a configuration, or refused in words that repeat no value', async () => {
    const changes = fc.tuple(fc.constantFrom(...Object.keys(node)), texts);
    await fuzz(
      changes,
      ([name, value]) => {
        const environment = { ...node, [name]: value };
        const isRefusal = (thrown: unknown): boolean =>
          thrown instanceof ConfigError && (value.length < 12 || !thrown.message.includes(value));
        const bounds = { ...boundsOf(environment), depth: limits.nesting };
        return expectDefined(() => parseConfig(environment), bounds, isRefusal);
      },
      { times: 15 },
    );
  });

  it('of an ErizoJS is a configuration, or refused', async () => {
    const changes = fc.tuple(fc.constantFrom(...Object.keys(erizo)), texts);
    await fuzz(
      changes,
      ([name, value]) => {
        const environment = { ...erizo, [name]: value };
        return expectDefined(() => readConfig(environment), boundsOf(environment));
      },
      { times: 15 },
    );
  });
});

const CurveKeys = v.object({ publicKey: CurveKey, secretKey: CurveKey });
/** As `nodes/mesh/remembered.ts` has it, as far as names go. */
const Remembered = v.object({
  ticketKey: TicketPublicKey,
  certificate: v.string(),
  revoked: v.array(v.string()),
  nodes: v.array(NodeCard),
});
const KeyFile = v.object({ mesh: TicketPrivateKey, curve: CurveKeys });

describe(`keys and files of a node (seed ${fuzzSeed})`, patient, () => {
  let dir: string;
  beforeAll(() => (dir = mkdtempSync(join(tmpdir(), 'rizoma-files-'))));
  afterAll(() => rmSync(dir, { recursive: true }));

  it('on standard input are keys, or refused in words that repeat none of them', async () => {
    await fuzz(hostileTo(CurveKeys), async (value) => {
      const said = JSON.stringify(value);
      await expectDefined(() => readCurveKeys(said), boundsOf(said));
    });
    const almost = JSON.stringify({ publicKey: 'p', secretKey: 'a secret of the wrong length' });
    expect(() => readCurveKeys(almost)).toThrow(/^what is on standard input are no CURVE keys$/);
  });

  it('in the file of keys are keys, or refused in words that name the file', async () => {
    await fuzz(hostileTo(KeyFile), async (value) => {
      const said = JSON.stringify(value);
      writeFileSync(join(dir, 'keys.json'), said);
      const isRefusal = (thrown: unknown): boolean =>
        String(thrown).includes('keys.json does not hold the keys of a node');
      const keysOf = async () => (await Identity.create({ log }, { stateDir: dir })).keys;
      await expectDefined(keysOf, boundsOf(said), isRefusal);
    });
  });

  it('in the file of what it remembers count for nothing where they are not what they were', async () => {
    const files = fc.oneof(hostile, hostileTo(Remembered));
    await fuzz(files, async (value) => {
      const said = JSON.stringify(value);
      writeFileSync(join(dir, 'mesh.json'), said);
      const options = { stateDir: dir };
      const found = async () =>
        (await Memory.create({ clock: new VirtualClock(), log }, options)).found;
      expect(await expectDefined(found, boundsOf(said))).toBe(true);
    });
  });
});
