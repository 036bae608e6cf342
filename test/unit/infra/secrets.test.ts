import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  completeSecrets,
  ensureSecrets,
  formatSecrets,
  parseSecrets,
} from '../../../infra/secrets.ts';
import { parseTicketKey } from '../../../protocol/ticket.ts';

describe('the secrets file', () => {
  let dir: string;
  let file: string;
  const mode = (): number => statSync(file).mode & 0o777;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rizoma-secrets-'));
    file = join(dir, '.dev.vars');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test('is made at the first start, for its owner alone', () => {
    const secrets = ensureSecrets(file);
    expect(secrets.NUVE_SUPERSERVICE_ID).toMatch(/^[0-9a-f]{24}$/);
    expect(Buffer.from(secrets.NUVE_SUPERSERVICE_KEY, 'base64url')).toHaveLength(32);
    expect(Buffer.from(secrets.RIZOMA_ENROL_SECRET, 'base64url')).toHaveLength(32);
    expect(secrets.RIZOMA_DEMO).toBe('on');
    expect(mode()).toBe(0o600);
  });

  test('holds a ticket key that the protocol can read', () => {
    const key = parseTicketKey(ensureSecrets(file).RIZOMA_TICKET_KEY);
    expect(key).toMatchObject({ kty: 'OKP', crv: 'Ed25519' });
  });

  test('stays the same at the second start, and its mode is repaired', () => {
    ensureSecrets(file);
    const before = readFileSync(file, 'utf8');
    chmodSync(file, 0o644);
    ensureSecrets(file);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(mode()).toBe(0o600);
  });

  test('keeps what is there, comments and strangers too, and gains what is missing', () => {
    writeFileSync(
      file,
      `# mine\nNUVE_SUPERSERVICE_ID="${'a'.repeat(24)}"\nOTHER=1\nRIZOMA_DEMO=off`,
    );
    const secrets = ensureSecrets(file);
    expect(secrets.NUVE_SUPERSERVICE_ID).toBe('a'.repeat(24));
    expect(secrets.RIZOMA_DEMO).toBe('off');
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^# mine\n/);
    expect(text).toContain('OTHER=1\nRIZOMA_DEMO=off\nNUVE_SUPERSERVICE_KEY=');
  });

  test('makes a secret anew that stands there empty', () => {
    expect(parseEnv(completeSecrets('RIZOMA_ENROL_SECRET=\n'))['RIZOMA_ENROL_SECRET']).toHaveLength(
      43,
    );
  });

  test('that is malformed is refused by name, without showing the secret', () => {
    const text = completeSecrets('NUVE_SUPERSERVICE_KEY=tooshort\n');
    expect(() => parseSecrets(text, 'F')).toThrow('F: NUVE_SUPERSERVICE_KEY is shorter');
    expect(() => parseSecrets(text, 'F')).not.toThrow('tooshort');
  });

  test('reads back what was formatted', () => {
    const secrets = parseSecrets(completeSecrets(''), 'F');
    expect(parseSecrets(formatSecrets(secrets), 'F')).toEqual(secrets);
  });
});
