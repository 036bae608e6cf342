import { chmodSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import * as v from 'valibot';
import { newHexId } from '../protocol/ids.ts';
import { BringUpError } from './output.ts';
import { rootDir } from './paths.ts';

/** What a deployment keeps to itself; the names are those of the edge's and the nodes' configuration. */
export const Secrets = v.object({
  NUVE_SUPERSERVICE_ID: v.pipe(v.string(), v.regex(/^[0-9a-f]{24}$/, 'is not 24 hex digits')),
  NUVE_SUPERSERVICE_KEY: v.pipe(v.string(), v.minLength(16, 'is shorter than 16 characters')),
  RIZOMA_ENROL_SECRET: v.pipe(v.string(), v.minLength(16, 'is shorter than 16 characters')),
  RIZOMA_TICKET_KEY: v.pipe(v.string(), v.regex(/^[\w-]+$/, 'is not base64url')),
  RIZOMA_DEMO: v.picklist(['on', 'off'], 'is neither on nor off'),
});

export type Secrets = v.InferOutput<typeof Secrets>;

export const secretsFile = join(rootDir, '.dev.vars');

const KEY_BYTES = 32;

/** How each secret is made when it is missing. */
const makers: Readonly<Record<keyof Secrets, () => string>> = {
  NUVE_SUPERSERVICE_ID: newHexId,
  NUVE_SUPERSERVICE_KEY: () => randomBytes(KEY_BYTES).toString('base64url'),
  RIZOMA_ENROL_SECRET: () => randomBytes(KEY_BYTES).toString('base64url'),
  // An Ed25519 private key as a JWK (RFC 8037 section 2).
  RIZOMA_TICKET_KEY: () => {
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    return Buffer.from(JSON.stringify(jwk)).toString('base64url');
  },
  // The demo route of the edge, which hands out tokens; only a local system has it on by itself.
  RIZOMA_DEMO: () => 'on',
};

/**
 * The text with a line for each secret that it lacked. Lines that are there stay as they are, with what
 * a person may have added.
 */
export function completeSecrets(text: string): string {
  const present = parseEnv(text);
  const added = Object.entries(makers)
    .filter(([name]) => (present[name] ?? '') === '')
    .map(([name, make]) => `${name}=${make()}\n`);
  const kept = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return kept + added.join('');
}

/** Reads secrets from the text of an env file; an error names the secret and never shows it. */
export function parseSecrets(text: string, file: string): Secrets {
  const result = v.safeParse(Secrets, parseEnv(text), { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new BringUpError(`${file}: ${v.getDotPath(issue) ?? ''} ${issue.message}`);
}

export function formatSecrets(secrets: Secrets): string {
  return Object.entries(secrets)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Reads the secrets of a file, having added what it lacks; the file is for its owner alone. */
export function ensureSecrets(file: string = secretsFile): Secrets {
  const before = readIfThere(file);
  const text = completeSecrets(before ?? '');
  if (text !== before) writePrivately(file, text);
  else if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  return parseSecrets(text, file);
}

/** Writes a file that only its owner may read, whole or not at all. */
export function writePrivately(file: string, text: string): void {
  const part = `${file}.${process.pid}.part`;
  writeFileSync(part, text, { mode: 0o600 });
  renameSync(part, file);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
