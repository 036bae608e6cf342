import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contract } from '../protocol/contract.ts';
import * as agent from '../protocol/contracts/controller-agent.ts';
import * as erizo from '../protocol/contracts/controller-erizo.ts';
import * as cascade from '../protocol/contracts/erizo-erizo.ts';
import * as edge from '../protocol/contracts/node-edge.ts';
import { errorCodes } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import { rootDir } from './paths.ts';

/** The tables of docs/PROTOCOL.md, which follow from the contracts: run this file to renew them. */

const contracts: Record<string, Contract> = {
  'Node to edge': edge.nodeToEdge,
  'Edge to node': edge.edgeToNode,
  'Controller to agent': agent.controllerToAgent,
  'Agent to controller': agent.agentToController,
  'ErizoJS to agent': agent.erizoToAgent,
  'Agent to ErizoJS': agent.agentToErizo,
  'Controller to ErizoJS': erizo.controllerToErizo,
  'ErizoJS to controller': erizo.erizoToController,
  'ErizoJS to the ErizoJS it pulls from': cascade.erizoToUpstream,
  'ErizoJS to those that pull from it': cascade.erizoToDownstream,
};

interface SchemaShape {
  type: string;
  entries?: Record<string, SchemaShape>;
}

/** The names of an object's fields; `?` marks those that may be absent. */
function fields(schema: unknown): string {
  const { type, entries } = schema as SchemaShape;
  if (entries === undefined) {
    return type;
  }
  const names = Object.entries(entries).map(([name, entry]) =>
    entry.type === 'optional' ? `${name}?` : name,
  );
  return names.length === 0 ? '—' : names.join(', ');
}

function contractTable(title: string, contract: Contract): string[] {
  const rows = Object.entries(contract).map(([method, row]) =>
    'notify' in row
      ? `| \`${method}\` | ${fields(row.params)} | not answered | | | |`
      : `| \`${method}\` | ${fields(row.params)} | ${fields(row.result)} | ${row.errors.join(', ')} | ` +
        `${row.timeout_ms} | ${row.idempotent ? 'yes' : 'no'} |`,
  );
  const head = [
    '| method | parameters | answer | its own errors | timeout, ms | may be repeated |',
    '|---|---|---|---|---|---|',
  ];
  return [`### ${title}`, '', ...head, ...rows, ''];
}

function errorTable(): string[] {
  const rows = Object.entries(errorCodes).map(
    ([code, { http, retryable }]) => `| \`${code}\` | ${http} | ${retryable ? 'yes' : 'no'} |`,
  );
  return [
    '### Error codes',
    '',
    '| code | HTTP | may succeed later |',
    '|---|---|---|',
    ...rows,
    '',
  ];
}

function limitTable(): string[] {
  const rows = Object.entries(limits).map(([name, value]) => `| \`${name}\` | ${value} |`);
  return ['### Limits', '', '| limit, its unit in its name | value |', '|---|---|', ...rows, ''];
}

const begin = '<!-- tables: node infra/protocol-docs.ts -->';
const end = '<!-- end of tables -->';

/** The text with its tables renewed. */
export function renewTables(text: string): string {
  const tables = Object.entries(contracts).flatMap(([title, contract]) =>
    contractTable(title, contract),
  );
  const before = text.slice(0, text.indexOf(begin));
  const after = text.slice(text.indexOf(end));
  return [`${before}${begin}`, '', ...tables, ...errorTable(), ...limitTable(), after].join('\n');
}

export const protocolDocs = join(rootDir, 'docs', 'PROTOCOL.md');

if (import.meta.main) {
  writeFileSync(protocolDocs, renewTables(readFileSync(protocolDocs, 'utf8')));
}
