import type { Entry } from '../../protocol/entry.ts';
import { newUuid } from '../../protocol/ids.ts';

/** An entry of the right form, which is proven to nobody. */
export function unprovenEntry(clientId: string = newUuid(), enteredAt_ms = 0): Entry {
  return { clientId, enteredAt_ms, proof: 'A'.repeat(22) };
}
