import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildClient } from '../../../infra/build-client.ts';
import { startLocal } from '../../../infra/local.ts';
import { signalPid } from '../../../infra/local/sweep.ts';
import { processesWithEnv } from '../../../infra/proc.ts';
import { knownRegions } from '../../../infra/regions.ts';
import { launchChromiumServer } from '../chromium.ts';
import { placeOf } from '../place.ts';
import type { SharedFacts } from './facts.ts';

/** Regions that a file has to itself: two, and a third for what has to go elsewhere, or nowhere. */
const regionsPerWorker = 3;

declare global {
  /** What the projects of this process share: each has modules of its own, so it is kept beside them. */
  var rizomaDoor: Promise<Door> | undefined;
}

interface Stage {
  readonly facts: SharedFacts;
  stop(): Promise<void>;
}

interface Door {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The system and the Chromium that the files of some projects share: one edge, three regions for each worker, one
 * browser. They start when the first file asks for them, as idle nodes would slow down the projects before, and
 * stop after the last file, or if the start fails.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const regionsByWorker = regionsFor(project.config.maxWorkers);
  globalThis.rizomaDoor ??= openDoor(regionsByWorker);
  const { url, close } = await globalThis.rizomaDoor;
  project.provide('stage', { url, regionsByWorker });
  return close;
}

/** Starts the stage at the first request, and answers each with its facts. */
async function openDoor(regionsByWorker: readonly string[][]): Promise<Door> {
  let stage: Promise<Stage> | undefined;
  const server = createServer((_request, response) => {
    stage ??= start(regionsByWorker);
    stage.then(
      ({ facts }) => response.end(JSON.stringify(facts)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    // A second call does nothing.
    close: async () => {
      server.close();
      const started = await stage?.catch(() => undefined);
      await started?.stop();
    },
  };
}

async function start(regionsByWorker: readonly string[][]): Promise<Stage> {
  await using started = new AsyncDisposableStack();
  const stateDir = mkdtempSync(join(tmpdir(), 'rizoma-shared-'));
  started.defer(() => rmSync(stateDir, { recursive: true, force: true }));
  const recordingDir = join(stateDir, 'recordings');
  // Of all processes of the system, and of no other one.
  const env = { RIZOMA_RECORDING_DIR: recordingDir };
  // Undone last: a stop that takes longer than vitest waits for is cut short by its exit.
  started.defer(killAtExit(env));
  const { edgePort, addressBase } = placeOf(0);
  await buildClient();
  const chromium = started.adopt(await launchChromiumServer(), (server) => server.close());
  const system = started.use(
    await startLocal({
      regions: regionsByWorker.flat(),
      edgePort,
      addressBase,
      stateDir,
      // A room takes one process of a node; the next one is started while the room fills.
      prerunProcesses: 1,
      env,
      say: () => undefined,
    }),
  );
  const facts = {
    edgeUrl: system.edgeUrl,
    runId: system.runId,
    stateDir,
    recordingDir,
    secrets: system.secrets,
    nodes: system.nodes.map(({ region, nodeId, ip, httpUrl }) => ({ region, nodeId, ip, httpUrl })),
    chromiumEndpoint: chromium.wsEndpoint(),
  };
  const stack = started.move();
  return { facts, stop: () => stack.disposeAsync() };
}

/**
 * Kills the processes that were started with this environment when vitest exits before its teardown is over, as
 * it does on a signal. The result takes that back.
 */
function killAtExit(env: Readonly<Record<string, string>>): () => void {
  const kill = (): void => {
    for (const { pid } of processesWithEnv(env)) {
      signalPid(pid, 'SIGKILL');
    }
  };
  process.once('exit', kill);
  return () => process.off('exit', kill);
}

function regionsFor(workers: number): string[][] {
  const known = knownRegions().map(({ id }) => id);
  if (workers * regionsPerWorker > known.length) {
    throw new Error(`There are regions for ${Math.floor(known.length / regionsPerWorker)} workers`);
  }
  return Array.from({ length: workers }, (_, worker) =>
    known.slice(worker * regionsPerWorker, (worker + 1) * regionsPerWorker),
  );
}
