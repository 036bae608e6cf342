import { certificateFacts } from '../../protocol/certificate.ts';
import type { NodeAnswer } from '../../protocol/contracts/nodes.ts';
import type { Leased } from './mesh-store.ts';

/** A row of the mesh as `GET /nodes` shows it. */
export function nodeAnswer({ card, load, lease, since_ms }: Leased, now_ms: number): NodeAnswer {
  const { agent: _, certificate, ...shown } = card;
  const facts = certificate === undefined ? undefined : certificateFacts(certificate);
  return {
    ...shown,
    state: load.state,
    draining: load.draining === true,
    load,
    lease: { number: lease, age_s: Math.max(0, (now_ms - since_ms) / 1000) },
    ...(facts === undefined ? {} : { certificate: facts }),
  };
}
