import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { crowdBench } from './crowd.ts';
import { edge } from './edge.ts';
import { join } from './join.ts';
import { media } from './media.ts';
import { rpc } from './rpc.ts';
import type { Bench, Row } from './row.ts';
import { formatRows } from './row.ts';
import { spread } from './spread.ts';
import { system } from './system.ts';
import { wan } from './wan.ts';

const benches: readonly Bench[] = [crowdBench, edge, join, media, rpc, spread, system, wan];

function say(line: string): void {
  console.log(line);
}

/** `npm run bench [-- NAME] [-- --json FILE]`: runs the benches one after the other and prints their rows. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'string' } },
    allowPositionals: true,
  });
  const names = new Set(positionals);
  const chosen = benches.filter(({ name }) => names.size === 0 || names.has(name));
  if (chosen.length === 0) {
    throw new Error(
      `There is no such bench. Benches: ${benches.map(({ name }) => name).join(', ')}`,
    );
  }
  const rows: Row[] = [];
  for (const bench of chosen) {
    say(`${bench.name} ...`);
    rows.push(...(await bench.run(say)));
  }
  say('');
  for (const line of formatRows(rows)) {
    say(line);
  }
  if (values.json !== undefined) {
    const plain = rows.map(({ name, value, unit, aim, holds }) => ({
      name,
      value,
      unit,
      aim,
      holds,
    }));
    writeFileSync(values.json, `${JSON.stringify(plain, null, 2)}\n`);
  }
}

await main();
// Clients of a bench may still be waiting for words that nobody says any more.
process.exit();
