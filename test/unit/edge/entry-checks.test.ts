import { expect, it } from 'vitest';
import { configOf, entryKeysOf } from '../../../edge/config.ts';
import { EntryChecks } from '../../../edge/objects/entry-checks.ts';
import type { Entry } from '../../../protocol/entry.ts';
import { proofOf } from '../../../protocol/entry.ts';
import { newHexId, newUuid } from '../../../protocol/ids.ts';
import { testBindings } from '../../edge/bindings.ts';
import { unprovenEntry } from '../../support/entry.ts';

const config = configOf(testBindings());
const place = { roomId: newHexId(), peerId: 'the key of a node' };

async function proven(): Promise<Entry> {
  const { current } = await entryKeysOf(config);
  const claim = { clientId: newUuid(), enteredAt_ms: 1 };
  return { ...claim, proof: await proofOf(current, place, claim) };
}

it('a message of many claims that are not proven is not looked at to its end, and one of proven ones is', async () => {
  const checks = new EntryChecks({ config });
  const first = checks.of(place);
  for (let claims = 0; claims < 15; claims += 1) {
    expect(await first(unprovenEntry())).toBe(false);
  }
  expect(await first(await proven())).toBe(true);
  expect(await first(unprovenEntry())).toBe(false);
  const late = await proven();
  expect(await first(late)).toBe(false);
  const next = checks.of(place);
  for (let claims = 0; claims < 100; claims += 1) {
    expect(await next(await proven())).toBe(true);
  }
  expect(await next(late)).toBe(true);
});
