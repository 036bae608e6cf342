import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProvidedContext } from 'vitest';
import type { TestProject } from 'vitest/node';
import { buildClient } from '../../../infra/build-client.ts';
import { startLocal } from '../../../infra/local.ts';
import { signalPid } from '../../../infra/local/sweep.ts';
import { processesWithEnv } from '../../../infra/proc.ts';
import { knownRegions } from '../../../infra/regions.ts';
import { launchChromiumServer } from '../chromium.ts';
import { placeOf } from '../place.ts';
import type {} from './facts.ts';

/** Regions that a file has to itself: two, and a third for what has to go elsewhere, or nowhere. */
const regionsPerWorker = 3;

declare global {
  /** What the projects of this process share: each has modules of its own, so it is kept beside them. */
  var rizomaStage: Promise<Stage> | undefined;
}

interface Stage {
  readonly shared: ProvidedContext['shared'];
  stop(): Promise<void>;
}

/**
 * Starts, before the first file of a project that needs them, the system and the Chromium that its files share:
 * one edge, three regions for each worker, one browser. Stops them after the last file, or if the start fails.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  globalThis.rizomaStage ??= start(project.config.maxWorkers);
  const { shared, stop } = await globalThis.rizomaStage;
  project.provide('shared', shared);
  return stop;
}

async function start(workers: number): Promise<Stage> {
  await using started = new AsyncDisposableStack();
  const stateDir = mkdtempSync(join(tmpdir(), 'rizoma-shared-'));
  started.defer(() => rmSync(stateDir, { recursive: true, force: true }));
  const regionsByWorker = regionsFor(workers);
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
  const shared = {
    edgeUrl: system.edgeUrl,
    runId: system.runId,
    stateDir,
    recordingDir,
    secrets: system.secrets,
    nodes: system.nodes.map(({ region, nodeId, ip, httpUrl }) => ({ region, nodeId, ip, httpUrl })),
    regionsByWorker,
    chromiumEndpoint: chromium.wsEndpoint(),
  };
  const stack = started.move();
  // A second call does nothing.
  return { shared, stop: () => stack.disposeAsync() };
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
