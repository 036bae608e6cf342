import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Reentry } from '../../protocol/reentry.ts';
import { checkStamp, signerOfStamp } from '../../protocol/stamp.ts';
import type { Config } from '../config.ts';
import { ticketSecretsOf } from '../ticket-secrets.ts';

/** When somebody was last in the room who wants to come in again. */
export interface LastPresence {
  /** When the ticket was made with which it was in. */
  readonly enteredAt_ms: number;
  readonly presentAt_ms: number;
  /** Of the node that says so; absent where the join does. */
  readonly peerId?: string;
}

/**
 * By its newest stamp, or where that has expired by its join, after which the controller may have been lost before it
 * stamped anything. Throws `token_forged`, and `token_expired` where either is too long ago.
 */
export async function lastPresenceOf(
  config: Config,
  { clientId, roomId, joinedAt_ms }: Reentry,
  { stamp: text, now_ms }: { stamp: string | undefined; now_ms: number },
): Promise<LastPresence> {
  const signer = text === undefined ? undefined : signerOfStamp(text);
  if (text !== undefined && signer !== undefined) {
    const secrets = await ticketSecretsOf(config, signer);
    const stamp = await checkStamp(secrets.all, text, { clientId, roomId, now_ms });
    if (stamp !== undefined) {
      const { enteredAt_ms, presentAt_s } = stamp;
      return { enteredAt_ms, presentAt_ms: presentAt_s * 1000, peerId: signer.peerId };
    }
  }
  if (joinedAt_ms + limits.absence_ttl_s * 1000 <= now_ms) {
    throw new RizomaError(
      'token_expired',
      'you were last in the room too long ago: join with another token',
    );
  }
  return { enteredAt_ms: joinedAt_ms, presentAt_ms: joinedAt_ms };
}
