import type { NodeLoad } from '../protocol/contracts/node-edge.ts';
import { defaults } from './config.ts';

export interface NodeLoadFacts {
  rooms: number;
  clients: number;
  /** Of its ErizoJS processes: CPU, where 1 is one core, and what they send; undefined without an agent. */
  erizos: { cpu: number; consumers: number } | undefined;
  /** What the host has. */
  cores: number;
  /** It takes no new clients. */
  draining: boolean;
  /** Round trips to other regions, so far as this node measures them. */
  rtts_ms: Record<string, number> | undefined;
}

/** How busy a node is, with Licode's three states. */
export function nodeLoad({
  rooms,
  clients,
  erizos,
  cores,
  draining,
  rtts_ms,
}: NodeLoadFacts): NodeLoad {
  const cpu = Math.min(1, Math.max(0, (erizos?.cpu ?? 0) / cores));
  return {
    rooms,
    clients,
    cpu,
    state: stateOf(cpu),
    ...(erizos === undefined ? {} : { consumers: erizos.consumers }),
    ...(draining ? { draining } : {}),
    ...(rtts_ms === undefined ? {} : { rtts_ms }),
  };
}

function stateOf(cpu: number): NodeLoad['state'] {
  if (cpu >= defaults.cpuFull) {
    return 'full';
  }
  return cpu >= defaults.cpuWarning ? 'warning' : 'available';
}
