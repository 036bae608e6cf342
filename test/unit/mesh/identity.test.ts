import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Identity } from '../../../nodes/mesh/identity.ts';
import { checkEnrolment } from '../../../protocol/enrolment.ts';
import { newUuid } from '../../../protocol/ids.ts';

const log = pino({ level: 'silent' });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rizoma-identity-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('the keys of a node', () => {
  it('are made at its first start, kept for their owner alone, and found again', async () => {
    const stateDir = join(folder, 'state', 'eu-west-1');
    const first = await Identity.create({ log }, { stateDir });
    expect(await readdir(stateDir)).toEqual(['keys.json']);
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(stateDir, 'keys.json'))).mode & 0o777).toBe(0o600);
    const second = await Identity.create({ log }, { stateDir });
    expect(second.keys).toEqual(first.keys);
    expect(second.peerId).toBe(first.peerId);
  });

  it('are others where the folder is empty, and at each start where there is none', async () => {
    const made = await Promise.all([
      Identity.create({ log }, { stateDir: folder }),
      Identity.create({ log }, { stateDir: undefined }),
      Identity.create({ log }, { stateDir: undefined }),
    ]);
    expect(new Set(made.map(({ peerId }) => peerId)).size).toBe(3);
    expect(new Set(made.map(({ keys }) => keys.curve.publicKey)).size).toBe(3);
  });

  it('enrol the run of the node that they are asked for', async () => {
    const identity = await Identity.create({ log }, { stateDir: undefined });
    const run = { nodeId: 'eu-west-1', epoch: newUuid(), mediaIp: '192.0.2.1' };
    const now_ms = Date.now();
    expect(await checkEnrolment(await identity.enrolment(run, now_ms), { ...run, now_ms })).toEqual(
      {
        peerId: identity.peerId,
        curveKey: identity.keys.curve.publicKey,
        mediaIp: '192.0.2.1',
      },
    );
  });

  it('that are spoilt are not replaced in silence, and not shown', async () => {
    await writeFile(join(folder, 'keys.json'), '{"mesh":"a secret"}');
    const made = Identity.create({ log }, { stateDir: folder });
    await expect(made).rejects.toThrow(`${join(folder, 'keys.json')} does not hold the keys`);
    await expect(made).rejects.not.toThrow('a secret');
  });

  it('need a folder that can be used', async () => {
    await writeFile(join(folder, 'file'), '');
    const stateDir = join(folder, 'file');
    await expect(Identity.create({ log }, { stateDir })).rejects.toThrow('RIZOMA_STATE_DIR');
  });
});
