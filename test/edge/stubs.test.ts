import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../edge/objects/stubs.ts';
import { roomOf } from '../../edge/objects/stubs.ts';
import { newRoomId } from '../../protocol/ids.ts';

/** A platform that remembers which objects it was asked for; with jurisdictions or without. */
function platform(options: { hasJurisdictions: boolean }) {
  const asked: unknown[] = [];
  const namespace = (jurisdiction?: string) => ({
    idFromName: (name: string) => ({ name, jurisdiction }),
    get: (id: unknown, hint: unknown) => {
      asked.push([id, hint]);
      return { get: () => Promise.resolve() };
    },
    jurisdiction: (name: string) => {
      if (!options.hasJurisdictions) {
        throw new Error('Jurisdiction restrictions are not implemented.');
      }
      return namespace(name);
    },
  });
  const env = { ROOM: namespace() } as unknown as Bindings;
  return { env, asked };
}

describe('the object of a room', () => {
  it('is made near to its participants', async () => {
    const { env, asked } = platform({ hasJurisdictions: true });
    const name = newRoomId();
    await roomOf(env, name, { lat: 35.7, lon: 139.7 }).get();
    await roomOf(env, name).get();
    expect(asked).toEqual([
      [{ name, jurisdiction: undefined }, { locationHint: 'apac-ne' }],
      [{ name, jurisdiction: undefined }, undefined],
    ]);
  });

  it('is found in its jurisdiction by its id alone', async () => {
    const { env, asked } = platform({ hasJurisdictions: true });
    const name = newRoomId('eu');
    await roomOf(env, name).get();
    expect(asked).toEqual([[{ name, jurisdiction: 'eu' }, undefined]]);
  });

  it('is not there where the platform has no jurisdictions', () => {
    const { env } = platform({ hasJurisdictions: false });
    expect(() => roomOf(env, newRoomId('eu'))).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    );
  });
});
