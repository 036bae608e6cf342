import { inject } from 'vitest';
import { parse } from '../../../protocol/parse.ts';
import { processesWithEnv } from '../../../infra/proc.ts';
import type { LocalNode } from '../../../infra/local.ts';
import type { Secrets } from '../../../infra/secrets.ts';
import type { TestSystem } from '../system.ts';
import { SharedFacts } from './facts.ts';

/**
 * The system that all files of a run share, as one of them sees it. A node or a process that a test kills is
 * started again by its supervisor, which lives in vitest's own process.
 */
export class SharedSystem implements TestSystem {
  readonly edgeUrl: string;
  readonly secrets: Secrets;
  readonly stateDir: string;
  readonly recordingDir: string;
  readonly #facts: SharedFacts;

  constructor(facts: SharedFacts) {
    this.#facts = facts;
    this.edgeUrl = facts.edgeUrl;
    this.secrets = facts.secrets;
    this.stateDir = facts.stateDir;
    this.recordingDir = facts.recordingDir;
  }

  /** Of the whole system, the regions of other files among them. */
  get nodes(): readonly LocalNode[] {
    const { nodes, runId } = this.#facts;
    return nodes.map((node) => ({
      ...node,
      // All processes of the machine are looked at for it.
      get pid() {
        return pidOf(runId, node.nodeId);
      },
    }));
  }
}

/** The facts of the shared system, once it runs. */
export async function sharedFacts(): Promise<SharedFacts> {
  const response = await fetch(inject('stage').url);
  if (!response.ok) {
    throw new Error(`the shared system did not start: ${await response.text()}`);
  }
  return parse(SharedFacts, await response.json(), 'the facts of the shared system');
}

function pidOf(runId: string, nodeId: string): number | undefined {
  const processes = processesWithEnv({ RIZOMA_RUN_ID: runId, RIZOMA_NODE_ID: nodeId });
  return processes.find(({ command }) => command.includes('nodes/main.ts'))?.pid;
}

/** The three regions of the shared system in which no file but this one has clients, or kills anything. */
export function ownRegions(): readonly [string, string, string] {
  const worker = Number(process.env['VITEST_POOL_ID']);
  const [here, there, beyond] = inject('stage').regionsByWorker[worker - 1] ?? [];
  if (here === undefined || there === undefined || beyond === undefined) {
    throw new Error(`the shared system has no regions for worker ${worker}`);
  }
  return [here, there, beyond];
}
