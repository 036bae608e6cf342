import { describe, expect, it } from 'vitest';
import { MemberKeys } from '../../../nodes/mesh/member-keys.ts';
import type { Certificate } from '../../../protocol/certificate.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

function certificateOf(nodeId: string, peerId: string, issued_s: number): Certificate {
  const expires_s = issued_s + limits.certificate_ttl_s;
  const curveKey = peerId.padEnd(40, 'x');
  const said = { region: 'eu-west', mediaIp: '192.0.2.1', jti: newUuid() };
  return { nodeId, peerId, curveKey, ...said, issued_s, expires_s };
}

const none: ReadonlySet<string> = new Set();

function setUp(options?: { members: number }) {
  const clock = new VirtualClock();
  const keys = new MemberKeys({ clock }, options);
  const now_s = Math.floor(clock.now() / 1000);
  const take = (certificates: Certificate[], revoked = none): string[] =>
    keys
      .take(certificates, revoked)
      .map(({ nodeId, curveKey }) => `${nodeId} ${curveKey.slice(0, 1)}`);
  return { clock, now_s, take };
}

describe('the keys of members', () => {
  it('stay when a node is named no more, until they are revoked', () => {
    const { now_s, take } = setUp();
    take([certificateOf('eu-west-1', 'a', now_s), certificateOf('eu-west-2', 'b', now_s)]);
    expect(take([])).toEqual(['eu-west-1 a', 'eu-west-2 b']);
    expect(take([], new Set(['a']))).toEqual(['eu-west-2 b']);
  });

  it('are the newest of each node, in whatever order they come', () => {
    const { now_s, take } = setUp();
    const [old, young] = [
      certificateOf('eu-west-1', 'a', now_s - 10),
      certificateOf('eu-west-1', 'b', now_s),
    ];
    expect(take([young])).toEqual(['eu-west-1 b']);
    expect(take([old])).toEqual(['eu-west-1 b']);
    // The new key was stolen with the old one: both are gone, and nobody goes back to the older.
    expect(take([], new Set(['b']))).toEqual([]);
  });

  it('go when they expire', () => {
    const { clock, now_s, take } = setUp();
    take([certificateOf('eu-west-1', 'a', now_s)]);
    clock.advance((limits.certificate_ttl_s + limits.clockSkew_s) * 1000 - 1_000);
    expect(take([])).toEqual(['eu-west-1 a']);
    clock.advance(2_000);
    expect(take([])).toEqual([]);
  });

  it('are those of the nodes that came first where there are too many, until one of them expires', () => {
    const { clock, now_s, take } = setUp({ members: 16 });
    take([certificateOf('eu-west-1', 'a', now_s - 10)]);
    const many = Array.from({ length: 17 }, (_, n) => certificateOf(`many-${n}`, 'm', now_s));
    expect(take(many)).toHaveLength(16);
    expect(take(many)).toContain('eu-west-1 a');
    // One that is known renews its certificate whatever comes.
    expect(take([certificateOf('eu-west-1', 'b', now_s)])).toContain('eu-west-1 b');
    clock.advance((limits.certificate_ttl_s + limits.clockSkew_s) * 1000 + 1_000);
    const later_s = now_s + limits.certificate_ttl_s + 70;
    expect(take([certificateOf('late', 'c', later_s)])).toEqual(['late c']);
  });
});
