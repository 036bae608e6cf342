import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Keyring } from '../../../nodes/link/keyring.ts';
import type { MemberKey } from '../../../protocol/certificate.ts';
import { limits } from '../../../protocol/limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const own = { publicKey: 'o'.repeat(40), secretKey: 's'.repeat(40) };
const self = { nodeId: 'eu-west-1', region: 'eu-west', mediaIp: '192.0.2.1', own };

function member(nodeId: string, letter: string, expires_s: number): MemberKey {
  const [region, mediaIp] = ['us-east', '192.0.2.2'];
  return { nodeId, region, curveKey: letter.repeat(40), mediaIp, expires_s };
}

function setUp() {
  const clock = new VirtualClock();
  const keyring = Keyring.create({ clock, log: pino({ level: 'silent' }) }, self);
  const later_s = clock.now() / 1000 + 3_600;
  return { clock, keyring, later_s };
}

describe('a keyring', () => {
  it('has the own key always, and nobody takes its name', () => {
    const { keyring, later_s } = setUp();
    keyring.replace([member('eu-west-1', 'x', later_s)]);
    expect(keyring.keyOf('eu-west-1')).toBe(own.publicKey);
    expect(keyring.has(own.publicKey)).toBe(true);
    expect(keyring.has('x'.repeat(40))).toBe(false);
    expect(keyring.caller('eu-west-1')).toEqual({
      nodeId: 'eu-west-1',
      region: 'eu-west',
      mediaIp: '192.0.2.1',
    });
  });

  it('tells of a change once, and of nothing where nothing changed', () => {
    const { keyring, later_s } = setUp();
    let changes = 0;
    keyring.onChange(() => {
      changes += 1;
    });
    keyring.replace([member('us-east-1', 'a', later_s)]);
    keyring.replace([member('us-east-1', 'a', later_s)]);
    expect(changes).toBe(1);
    keyring.replace([member('us-east-1', 'b', later_s)]);
    expect(changes).toBe(2);
    expect(keyring.has('a'.repeat(40))).toBe(false);
  });

  it('tells all of a change, though one of them fails at it', () => {
    const { keyring, later_s } = setUp();
    let heard = 0;
    keyring.onChange(() => {
      throw new Error('it fails');
    });
    keyring.onChange(() => {
      heard += 1;
    });
    keyring.replace([member('us-east-1', 'a', later_s)]);
    expect(heard).toBe(1);
  });

  it('drops a key within 10 s of its end, though nobody says so', () => {
    const { clock, keyring, later_s } = setUp();
    keyring.replace([member('us-east-1', 'a', later_s), member('us-east-2', 'b', later_s + 60)]);
    clock.advance((3_600 + limits.clockSkew_s) * 1000 - 1_000);
    expect(keyring.keyOf('us-east-1')).toBeDefined();
    clock.advance(10_000);
    expect(keyring.keyOf('us-east-1')).toBeUndefined();
    expect(keyring.keyOf('us-east-2')).toBeDefined();
  });

  it('waits for one who is not known yet, for a while, and for so many at a time', async () => {
    const { clock, keyring, later_s } = setUp();
    const found = keyring.find('us-east-1');
    const admitted = keyring.admits('a'.repeat(40));
    const missing = keyring.find('us-east-2');
    keyring.replace([member('us-east-1', 'a', later_s)]);
    expect(await found).toBe('a'.repeat(40));
    expect(await admitted).toBe(true);
    clock.advance(2_000);
    expect(await missing).toBeUndefined();
    const knocking = Array.from({ length: 256 }, () => keyring.admits('z'.repeat(40)));
    expect(await keyring.admits('y'.repeat(40))).toBe(false);
    clock.advance(2_000);
    expect(await Promise.all(knocking)).not.toContain(true);
  });
});
