import type { NodeLoad } from '../protocol/contracts/node-edge.ts';
import { defaults } from './config.ts';

/**
 * How busy a node is, with Licode's three states. `cpu_cores` is what its ErizoJS processes take,
 * 1 is one core; `cores` what the host has.
 */
export function nodeLoad(facts: {
  rooms: number;
  clients: number;
  cpu_cores: number;
  cores: number;
}): NodeLoad {
  const cpu = Math.min(1, Math.max(0, facts.cpu_cores / facts.cores));
  return { rooms: facts.rooms, clients: facts.clients, cpu, state: stateOf(cpu) };
}

function stateOf(cpu: number): NodeLoad['state'] {
  if (cpu >= defaults.cpuFull) {
    return 'full';
  }
  return cpu >= defaults.cpuWarning ? 'warning' : 'available';
}
