import { readFileSync, readdirSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { rootDir } from './paths.ts';

/** Folders whose files are checked; tests may import anything. */
const CHECKED = ['protocol', 'edge', 'nodes', 'client', 'infra'];

const edgeRequest = [
  ...[
    'edge/access-log.ts',
    'edge/answer-headers.ts',
    'edge/app.ts',
    'edge/audit.ts',
    'edge/body.ts',
    'edge/limit.ts',
    'edge/limit-body.ts',
    'edge/refuse-dots.ts',
    'edge/origin.ts',
    'edge/request-id.ts',
  ],
];
const edgeObjects = ['edge/objects', 'edge/room', 'edge/placement', 'edge', 'protocol'];

/**
 * Who may import whom: imports go one way. A file belongs to the longest prefix here that fits it, and
 * may import its own unit and those named. The files that lie loose in edge/ and nodes/ (configuration,
 * log, metrics) are leaves that all of their folder may use; those that compose are named, and so are
 * the edge's files about one request, which know the objects and serve nuve and join.
 */
const units: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  client: ['protocol'],
  infra: ['protocol'],
  edge: ['protocol'],
  'edge/room': ['edge', 'protocol'],
  'edge/placement': ['edge', 'protocol'],
  'edge/objects': ['edge/room', 'edge/placement', 'edge', 'protocol'],
  'edge/app.ts': edgeObjects,
  'edge/audit.ts': [...edgeRequest, ...edgeObjects],
  'edge/body.ts': [...edgeRequest, ...edgeObjects],
  'edge/access-log.ts': [...edgeRequest, ...edgeObjects],
  'edge/answer-headers.ts': [...edgeRequest, ...edgeObjects],
  'edge/limit.ts': [...edgeRequest, ...edgeObjects],
  'edge/limit-body.ts': [...edgeRequest, ...edgeObjects],
  'edge/refuse-dots.ts': [...edgeRequest, 'protocol'],
  'edge/origin.ts': [...edgeRequest, ...edgeObjects],
  'edge/request-id.ts': [...edgeRequest, ...edgeObjects],
  'edge/nuve': [...edgeRequest, ...edgeObjects],
  'edge/join': [...edgeRequest, ...edgeObjects],
  'edge/docs': ['edge/app.ts', 'edge', 'protocol'],
  'edge/worker.ts': ['edge/nuve', 'edge/join', 'edge/docs', ...edgeRequest, ...edgeObjects],
  nodes: ['protocol'],
  'nodes/link': ['nodes', 'protocol'],
  'nodes/mesh': ['nodes/link', 'nodes', 'protocol'],
  'nodes/controller': ['nodes/mesh', 'nodes/link', 'nodes', 'protocol'],
  'nodes/agent': ['nodes/mesh', 'nodes/link', 'nodes', 'protocol'],
  'nodes/erizo': ['nodes/mesh', 'nodes/link', 'nodes', 'protocol'],
  'nodes/node.ts': [
    ...['nodes/controller', 'nodes/agent', 'nodes/erizo', 'nodes/mesh', 'nodes/link'],
    ...['nodes', 'protocol'],
  ],
  'nodes/main.ts': ['nodes/node.ts', 'nodes', 'protocol'],
};

/** Libraries that stand behind one door of ours, and the files that are that door. */
const doors: readonly { library: RegExp; file: RegExp }[] = [
  { library: /^zeromq(\/|$)/, file: /^nodes\/link\/zmq-[\w-]+\.ts$/ },
  { library: /^mediasoup(\/|$)/, file: /^nodes\/erizo\/engine(-[\w-]+)?\.ts$/ },
  {
    library: /^(@libp2p\/|libp2p(\/|$)|@chainsafe\/libp2p)/,
    file: /^nodes\/mesh\/peer(-[\w-]+)?\.ts$/,
  },
];

/** What a module imports, in every form: static, type-only, re-exported, for its effect, dynamic. */
export function importsOf(source: string): string[] {
  const found = source.matchAll(
    /^[ \t]*(?:import|export)\b(?:[^'";]*?\bfrom)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm,
  );
  return [...found].flatMap((match) => match[1] ?? match[2] ?? []);
}

function unitOf(file: string): string | undefined {
  return Object.keys(units)
    .filter((unit) => file === unit || file.startsWith(`${unit}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** What is wrong with the imports of one file (its path from the root), in words. */
export function importViolations(file: string, source: string): string[] {
  return importsOf(source).flatMap((specifier) => {
    const wrong = specifier.startsWith('.')
      ? wrongWay(file, posix.join(posix.dirname(file), specifier))
      : wrongDoor(file, specifier);
    return wrong === undefined ? [] : [`${file} imports ${specifier}: ${wrong}`];
  });
}

function wrongWay(file: string, target: string): string | undefined {
  const [from, to] = [unitOf(file), unitOf(target)];
  if (from === undefined) return undefined;
  if (to === undefined) {
    return target.startsWith('test/') ? 'only tests import tests' : undefined;
  }
  if (from === to || units[from]?.includes(to) === true) return undefined;
  return `${from} may not import ${to}`;
}

function wrongDoor(file: string, specifier: string): string | undefined {
  const door = doors.find(({ library }) => library.test(specifier));
  if (door === undefined || door.file.test(file)) return undefined;
  return `only ${door.file.source.replaceAll(/[\\^$]/g, '')} may`;
}

/** Every import in the checkout that goes the wrong way. */
export function checkImports(root: string = rootDir): string[] {
  return CHECKED.flatMap((dir) =>
    readdirSync(join(root, dir), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs|js)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  ).flatMap((path) => importViolations(relative(root, path), readFileSync(path, 'utf8')));
}
