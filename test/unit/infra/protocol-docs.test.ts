import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { protocolDocs, renewTables } from '../../../infra/protocol-docs.ts';

test('docs/PROTOCOL.md has the tables of the contracts as they are (else: node infra/protocol-docs.ts)', () => {
  const text = readFileSync(protocolDocs, 'utf8');
  expect(text).toBe(renewTables(text));
});
