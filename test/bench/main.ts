import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { BenchName } from '../../infra/bench/names.ts';
import { chooseBenches } from '../../infra/bench/names.ts';
import { runCommand, say } from '../../infra/output.ts';
import { crowdBench } from './crowd.ts';
import { edge } from './edge.ts';
import { floods } from './floods.ts';
import { join } from './join.ts';
import { media } from './media.ts';
import { messageCost } from './message-cost.ts';
import { rpc } from './rpc.ts';
import type { Bench, Row } from './row.ts';
import { formatRows } from './row.ts';
import { spread } from './spread.ts';
import { system } from './system.ts';
import { wan } from './wan.ts';

const benches: Readonly<Record<BenchName, Bench>> = {
  crowd: crowdBench,
  'message-cost': messageCost,
  ...{ edge, floods, join, media, rpc, spread, system, wan },
};

/** Runs the benches one after another and prints their rows; its arguments are `[NAME ...] [--short] [--json FILE]`. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'string' }, short: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const rows: Row[] = [];
  for (const name of chooseBenches(positionals)) {
    say(`${name} ...`);
    rows.push(...(await benches[name].run(say, { short: values.short })));
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
  return 0;
}

await runCommand(main);
// Clients of a bench may still wait for messages that will never come.
process.exit();
