import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { operationsDocs, renewMetrics } from '../../../infra/metrics-docs.ts';

test('docs/OPERATIONS.md has the table of the metrics as they are (else: node infra/metrics-docs.ts)', () => {
  const text = readFileSync(operationsDocs, 'utf8');
  expect(text).toBe(renewMetrics(text));
});
