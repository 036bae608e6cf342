import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkImports, importViolations, importsOf } from '../../../infra/imports.ts';

const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

test('every form of import is seen', () => {
  const source = `
import a from './a.ts';
import type { B } from './b.ts';
import {
  c,
  d,
} from './c.ts';
import './e.ts';
export { f } from './f.ts';
export type * from './g.ts';
const h = await import('./h.ts');
export const text = 'from here';
// import x from './comment.ts';
`;
  expect(importsOf(source)).toEqual(
    ['a', 'b', 'c', 'e', 'f', 'g', 'h'].map((name) => `./${name}.ts`),
  );
});

test.each([
  ['protocol/ids.ts', '../nodes/log.ts'],
  ['edge/worker.ts', '../nodes/node.ts'],
  ['nodes/node.ts', '../client/sdk/index.ts'],
  ['client/page/main.ts', '../../edge/worker.ts'],
  ['edge/room/state.ts', '../objects/room.ts'],
  ['edge/objects/room.ts', '../nuve/rooms.ts'],
  ['edge/nuve/rooms.ts', '../join/join.ts'],
  ['edge/placement/rules.ts', '../worker.ts'],
  ['nodes/link/zmq-link.ts', '../mesh/members.ts'],
  ['nodes/mesh/members.ts', '../controller/channel.ts'],
  ['nodes/erizo/erizo.ts', '../controller/room.ts'],
  ['nodes/agent/agent.ts', '../node.ts'],
  ['nodes/node.ts', './main.ts'],
  ['nodes/log.ts', './link/zmq-link.ts'],
  ['nodes/node.ts', '../test/fakes/memory-link.ts'],
])('%s may not import %s', (file, specifier) => {
  expect(importViolations(file, `import type { X } from '${specifier}';`)).toHaveLength(1);
});

test.each([
  ['edge/worker.ts', './nuve/rooms.ts'],
  ['edge/nuve/rooms.ts', '../objects/room.ts'],
  ['edge/objects/room.ts', '../room/state.ts'],
  ['edge/room/state.ts', '../../protocol/ids.ts'],
  ['edge/placement/rules.ts', '../config.ts'],
  ['nodes/main.ts', './node.ts'],
  ['nodes/node.ts', './erizo/erizo.ts'],
  ['nodes/erizo/sdp/offer.ts', '../engine.ts'],
  ['nodes/controller/room.ts', '../mesh/members.ts'],
  ['nodes/mesh/edge.ts', '../link/websocket-link.ts'],
  ['nodes/link/zmq-link.ts', 'zeromq'],
  ['nodes/erizo/engine.ts', 'mediasoup'],
  ['nodes/erizo/engine-transports.ts', 'mediasoup'],
  ['nodes/mesh/peer.ts', '@libp2p/tcp'],
  ['nodes/mesh/peer.ts', 'node:events'],
])('%s may import %s', (file, specifier) => {
  expect(importViolations(file, `import x from '${specifier}';`)).toEqual([]);
});

test.each([
  ['nodes/controller/agents.ts', 'zeromq'],
  ['nodes/link/websocket-link.ts', 'zeromq'],
  ['nodes/erizo/publisher.ts', 'mediasoup/types'],
  ['nodes/mesh/members.ts', 'libp2p'],
  ['nodes/node.ts', '@libp2p/ping'],
])('%s may not import the library %s', (file, library) => {
  const found = importViolations(file, `import type { X } from '${library}';`);
  expect(found).toEqual([expect.stringContaining(`${file} imports ${library}: only nodes/`)]);
});

test('a violation is found in a tree of files', () => {
  const root = mkdtempSync(join(tmpdir(), 'rizoma-imports-'));
  dirs.push(root);
  for (const file of ['protocol/a.ts', 'edge/a.ts', 'nodes/a.ts', 'client/a.ts', 'infra/a.ts']) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), "import '../protocol/a.ts';\n");
  }
  expect(checkImports(root)).toEqual([]);
  writeFileSync(join(root, 'nodes/b.ts'), "import '../edge/a.ts';\n");
  expect(checkImports(root)).toEqual([
    'nodes/b.ts imports ../edge/a.ts: nodes may not import edge',
  ]);
});
