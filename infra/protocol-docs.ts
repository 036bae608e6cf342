import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contract } from '../protocol/contract.ts';
import * as agent from '../protocol/contracts/controller-agent.ts';
import * as neighbour from '../protocol/contracts/controller-controller.ts';
import * as erizo from '../protocol/contracts/controller-erizo.ts';
import * as cascade from '../protocol/contracts/erizo-erizo.ts';
import * as edge from '../protocol/contracts/node-edge.ts';
import * as mesh from '../protocol/contracts/gossip.ts';
import { httpApi } from '../protocol/contracts/http-api/index.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { errorCodes } from '../protocol/errors.ts';
import { errorsOf, routesOf, wordsOf } from '../protocol/http-contract.ts';
import type { HttpRoute } from '../protocol/http-contract.ts';
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
  'Controller of a subscriber to the controller of the publisher': neighbour.watcherToOwner,
  'Controller of a publisher to those that watch its stream': neighbour.ownerToWatcher,
  'ErizoJS to the ErizoJS it pulls from': cascade.erizoToUpstream,
  'ErizoJS to those that pull from it': cascade.erizoToDownstream,
  'Node to a neighbour in the mesh': mesh.gossip,
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

const callers: Record<HttpRoute['row']['caller'], string> = {
  anybody: 'anybody',
  token: 'who holds a token',
  node: 'a node',
  service: 'a service',
  superservice: 'the superservice',
};

/** What any route may answer. */
const everywhere: ReadonlySet<ErrorCode> = new Set(['internal', 'unavailable', 'rate_limited']);

/** Everything that a route may refuse with: Licode's words by status, and codes. */
function refusals(route: HttpRoute): string {
  const words = [...wordsOf(route)].flatMap(([status, texts]) =>
    texts.map((text) => `${status} \`${text}\``),
  );
  return [...words, ...errorsOf(route).filter((code) => !everywhere.has(code))].join(', ');
}

function httpTable(): string[] {
  const rows = routesOf(httpApi).map((route) => {
    const { path, method, row } = route;
    const { body, answer, summary, about } = row;
    const asked = body === undefined ? '' : `\`{${fields(body)}}\``;
    const shape = answer.json === undefined ? '' : shapeOf(answer.json);
    const status = answer.status === undefined ? '' : `${answer.status}: `;
    const said = `${summary}.${about === undefined ? '' : ` ${about}`}`;
    return (
      `| \`${method} ${path}\` | ${callers[row.caller]} | ${asked} | ${status}${answer.is}${shape} | ` +
      `${refusals(route)} | ${said} |`
    );
  });
  const head = ['| route | who | body | answer | refused with | |', '|---|---|---|---|---|---|'];
  return ['### HTTP', '', ...head, ...rows, ''];
}

/** `: {name, _id}` of an object or of a list of them; nothing of what has no fields. */
function shapeOf(schema: unknown): string {
  const { entries, item } = schema as SchemaShape & { item?: SchemaShape };
  if (entries !== undefined) return `: \`{${fields(schema)}}\``;
  return item?.entries === undefined ? '' : `: \`[{${fields(item)}}]\``;
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
  return [
    `${before}${begin}`,
    '',
    ...httpTable(),
    ...tables,
    ...errorTable(),
    ...limitTable(),
    after,
  ].join('\n');
}

export const protocolDocs = join(rootDir, 'docs', 'PROTOCOL.md');

if (import.meta.main) {
  writeFileSync(protocolDocs, renewTables(readFileSync(protocolDocs, 'utf8')));
}
