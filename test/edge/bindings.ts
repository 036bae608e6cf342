import { generateKeyPairSync } from 'node:crypto';
import { unlimited } from '../support/unlimited.ts';

/** Regions that have secrets of their own; that of the second one is being changed. */
export const regionSecrets = {
  'sa-east': 'the secret of sa-east',
  'af-south': ['the secret of af-south', 'the next one of af-south'],
};

/** The variables of the edge under test; its secrets are worth nothing anywhere else. */
export function testBindings(): Record<string, string> {
  return {
    NUVE_SUPERSERVICE_ID: '0123456789abcdef01234567',
    NUVE_SUPERSERVICE_KEY: 'a key for tests alone',
    RIZOMA_ENROL_SECRET: 'a secret for tests alone',
    RIZOMA_TICKET_KEY: newTicketKey(),
    // All are being changed: what one deployment signs with, the next one takes.
    NUVE_SUPERSERVICE_KEY_SECOND: 'another key for tests alone',
    RIZOMA_ENROL_SECRET_SECOND: 'another secret for tests alone',
    RIZOMA_TICKET_KEY_SECOND: newTicketKey(),
    RIZOMA_ENROL_SECRETS: JSON.stringify(regionSecrets),
    RIZOMA_DEMO: 'on',
    // Tests send as fast as they can, by a clock that stands still; those of the limits set their own.
    ...unlimited,
    RIZOMA_PUBLIC_URL: 'https://edge.public.test',
  };
}

function newTicketKey(): string {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return Buffer.from(JSON.stringify(jwk)).toString('base64url');
}
