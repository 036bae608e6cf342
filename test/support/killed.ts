import type { LocalSystem } from '../../infra/local.ts';
import { processesWithEnv } from '../../infra/proc.ts';
import { busyErizos } from './counters.ts';

/** `kill -9` of each ErizoJS process of a region that has clients. */
export async function killErizos(system: LocalSystem, region: string): Promise<void> {
  for (const erizoId of await busyErizos(system, region)) {
    const [main] = processesWithEnv({ RIZOMA_ERIZO_ID: erizoId }).filter(({ command }) =>
      command.includes('nodes/erizo/main.ts'),
    );
    process.kill(main?.pid ?? Number.NaN, 'SIGKILL');
  }
}
