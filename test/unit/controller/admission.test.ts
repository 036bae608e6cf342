import { describe, expect, it } from 'vitest';
import { Admission } from '../../../nodes/controller/admission.ts';
import { defaults } from '../../../nodes/controller/defaults.ts';
import { signTicket } from '../../../protocol/ticket.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { unprovenEntry } from '../../support/entry.ts';

const nodeId = 'eu-west-1';
const ticketSecret = '5ec7e7'.repeat(10).padEnd(64, '0');
const additions = {
  ...{ sound: undefined, followsLayers: false, strategy: undefined, returnKey: undefined },
  plan: 'stream' as const,
};

function setUp() {
  const clock = new VirtualClock();
  const edge = { keys: { ticketSecrets: [ticketSecret] } };
  const components = { clock, edge, members: {} };
  const admission = new Admission(components as never, { nodeId });
  const ticketOf = (clientId: string): Promise<string> => {
    const now_ms = clock.now();
    const times = { joinedAt_ms: now_ms, issuedAt_ms: now_ms, proof: unprovenEntry().proof };
    const who = { clientId, roomId: 'a'.repeat(24), userName: 'ann', role: 'viewer' };
    const where = { nodeId, region: 'eu-west', requestId: crypto.randomUUID() };
    return signTicket(
      ticketSecret,
      { ...who, ...where, ...times, jti: crypto.randomUUID() },
      now_ms,
    );
  };
  return {
    clock,
    /** Comes with a fresh ticket; answers the code of a refusal. */
    join: async (clientId: string): Promise<string | undefined> => {
      // The edge makes one after the other.
      clock.advance(1);
      const ticket = await ticketOf(clientId);
      try {
        await admission.admit({}, { ...additions, ticket });
        return undefined;
      } catch (thrown) {
        return (thrown as { code: string }).code;
      }
    },
  };
}

describe('a client id', () => {
  it('is let in ten times at once and once a second, however many tickets a re-entry gives it', async () => {
    const { clock, join } = setUp();
    const id = crypto.randomUUID();
    expect(defaults.joins_perSecond).toBe(1);
    for (let joined = 0; joined < 10; joined += 1) {
      expect(await join(id)).toBeUndefined();
    }
    expect(await join(id)).toBe('rate_limited');
    clock.advance(1_000);
    expect(await join(id)).toBeUndefined();
    expect(await join(id)).toBe('rate_limited');
  });

  it('that comes too often keeps no other out', async () => {
    const { join } = setUp();
    const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
    for (let joined = 0; joined < 11; joined += 1) {
      await join(one);
    }
    expect(await join(other)).toBeUndefined();
  });
});
