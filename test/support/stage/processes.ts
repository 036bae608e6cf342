import { processesWithEnv } from '../../../infra/proc.ts';
import { busyErizos } from '../counters.ts';
import type { TestSystem } from '../system.ts';

/** The pid of an ErizoJS process. Throws if it does not run. */
export function erizoPid(erizoId: string): number {
  const processes = processesWithEnv({ RIZOMA_ERIZO_ID: erizoId });
  const main = processes.find(({ command }) => command.includes('nodes/erizo/main.ts'));
  if (main === undefined) {
    throw new Error(`there is no process of ErizoJS ${erizoId}`);
  }
  return main.pid;
}

/** `kill -9` of each ErizoJS process of a region that has clients; answers their ids. Throws if there is none. */
export async function killBusyErizos(
  system: Pick<TestSystem, 'nodes'>,
  region: string,
): Promise<string[]> {
  const ids = await busyErizos(system, region);
  if (ids.length === 0) {
    throw new Error(`no ErizoJS of ${region} has clients`);
  }
  for (const id of ids) {
    process.kill(erizoPid(id), 'SIGKILL');
  }
  return ids;
}

/** The node of a region. Throws if the system has none there. */
export function nodeOf({ nodes }: Pick<TestSystem, 'nodes'>, region: string) {
  const node = nodes.find((one) => one.region === region);
  if (node === undefined) {
    throw new Error(`this system has no node in ${region}`);
  }
  return node;
}

/** `kill -9` of a node's main process, which its supervisor starts again; answers its pid. */
export function killNode(system: Pick<TestSystem, 'nodes'>, region: string): number {
  const { pid, nodeId } = nodeOf(system, region);
  if (pid === undefined) {
    throw new Error(`${nodeId} does not run`);
  }
  process.kill(pid, 'SIGKILL');
  return pid;
}
