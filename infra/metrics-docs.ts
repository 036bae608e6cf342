import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricRow } from '../protocol/metrics.ts';
import { buckets_s, metrics } from '../protocol/metrics.ts';
import { rootDir } from './paths.ts';

/** The table of docs/OPERATIONS.md that follows from the metrics: run this file to renew it. */

const begin = '<!-- metrics: node infra/metrics-docs.ts -->';
const end = '<!-- end of metrics -->';

function labelsOf({ of, labels = [] }: MetricRow): string {
  const erizo = { node: [], erizo: ['`erizo`'], both: ['(`erizo`)'] }[of];
  return [...erizo, ...labels.map((label) => `\`${label}\``)].join(', ');
}

function metricsTable(): string[] {
  const rows = Object.entries<MetricRow>(metrics).map(([name, row]) => {
    const buckets = row.buckets === undefined ? [] : buckets_s[row.buckets];
    const range =
      buckets.length === 0
        ? ''
        : `, ${buckets.length} buckets of ${buckets[0]} to ${buckets.at(-1)} s`;
    return `| \`${name}\` | ${row.type}${range} | ${labelsOf(row)} | ${row.help} |`;
  });
  return ['| metric | type | labels | what |', '|---|---|---|---|', ...rows];
}

/** The text with its table renewed. */
export function renewMetrics(text: string): string {
  const before = text.slice(0, text.indexOf(begin));
  const after = text.slice(text.indexOf(end));
  return [`${before}${begin}`, '', ...metricsTable(), '', after].join('\n');
}

export const operationsDocs = join(rootDir, 'docs', 'OPERATIONS.md');

if (import.meta.main) {
  writeFileSync(operationsDocs, renewMetrics(readFileSync(operationsDocs, 'utf8')));
}
