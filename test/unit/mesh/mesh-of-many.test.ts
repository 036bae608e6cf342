import { beforeAll, describe, expect, it } from 'vitest';
import { amount } from '../../support/fuzz/amount.ts';
import { SimulatedMesh } from './simulated-mesh.ts';

/** A mesh of so many that all agree; each was started with the names of some that came before it. */
function meshOf(count: number, options: { load_ms?: number } = {}): SimulatedMesh {
  const mesh = new SimulatedMesh(count, options);
  for (let number = 0; number < count; number += 1) {
    mesh.add([number - 1, number >> 1, number >> 2].filter((n) => n >= 0).map((n) => `node-${n}`));
    mesh.advance(5);
  }
  expect(mesh.until(() => mesh.agree(mesh.members), 10_000)).toBeDefined();
  // Links of the beginning are given up, and what the newest are told is told.
  mesh.advance(3_000);
  return mesh;
}

/** All times here are those of the virtual clock. */
const many = amount({ short: 120, long: 500 });
const fewer = amount({ short: 80, long: 200 });

describe(`of ${many} members in one simulated mesh`, { timeout: 120_000 }, () => {
  let mesh: SimulatedMesh;
  const living = () => mesh.members.filter(({ up }) => up);

  beforeAll(() => {
    mesh = meshOf(many);
  }, 120_000);

  it(`each sends no more messages a second than in a mesh of 50 or of ${fewer}`, () => {
    const rows = [meshOf(50), meshOf(fewer), mesh].map((each) => ({
      members: each.members.length,
      ...each.traffic(4_000),
    }));
    for (const { messages, links } of rows) {
      expect(links).toBeLessThan(6.1);
      expect(messages).toBeLessThan(16);
    }
  });

  it('each sends hardly more messages where the loads of all are others as often as they may be said', () => {
    const busy = meshOf(many, { load_ms: 30_000 });
    const [before, after] = [mesh.traffic(4_000), busy.traffic(4_000)];
    console.log(JSON.stringify({ before, after }));
    expect(after.messages).toBeLessThan(1.05 * before.messages);
    expect(busy.agree(busy.members)).toBe(true);
  });

  it('all know one that joins, one that is killed and one that vanishes within 3 s, and lose nobody else', () => {
    const agreed_ms = () => mesh.until(() => mesh.agree(living()), 3_000);
    mesh.add(['node-7']);
    const joined_ms = agreed_ms();
    const [killed, vanished, leaving] = [mesh.members[20], mesh.members[40], mesh.members[60]];
    if (killed === undefined || vanished === undefined || leaving === undefined) {
      throw new Error('no such members');
    }
    mesh.kill(killed);
    const killed_ms = agreed_ms();
    mesh.vanish(vanished);
    const vanished_ms = agreed_ms();
    mesh.leave(leaving);
    const left_ms = agreed_ms();
    for (const took_ms of [joined_ms, killed_ms, vanished_ms, left_ms]) {
      expect(took_ms).toBeLessThanOrEqual(3_000);
    }
    expect(left_ms).toBeLessThan(killed_ms ?? 0);
    mesh.advance(3_000);
    expect(mesh.agree(living())).toBe(true);
  });
});

describe('a simulated mesh of 100 members', { timeout: 120_000 }, () => {
  it('goes on in two halves that cannot reach each other, which agree again when they can', () => {
    const mesh = meshOf(100);
    const half = ({ number }: { number: number }): number => number % 2;
    mesh.split(half);
    const halves = [0, 1].map((part) => mesh.members.filter((member) => half(member) === part));
    const apart_ms = mesh.until(() => halves.every((part) => mesh.agree(part)), 15_000);
    expect(apart_ms).toBeDefined();
    mesh.advance(10_000);
    expect(halves.every((part) => mesh.agree(part))).toBe(true);
    mesh.split(() => 0);
    const healed_ms = mesh.until(() => mesh.agree(mesh.members), 15_000);
    expect(healed_ms).toBeDefined();
    mesh.advance(3_000);
    expect(mesh.agree(mesh.members)).toBe(true);
  });
});

describe('a simulated mesh of 60 members', { timeout: 120_000 }, () => {
  it('looks for ten that are gone ever more seldom, and at once has one that comes back', () => {
    const mesh = meshOf(60);
    const gone = mesh.members.slice(50);
    gone.forEach((member) => mesh.vanish(member));
    const perMinute = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(() => {
      gone.forEach((member) => (member.sought = 0));
      mesh.advance(60_000);
      return gone.reduce((sum, { sought }) => sum + sought, 0) / gone.length;
    });
    console.log(JSON.stringify({ perMinute }));
    const later = perMinute.slice(5);
    const mean = later.reduce((sum, sought) => sum + sought, 0) / later.length;
    expect(mean).toBeLessThan((perMinute[0] ?? 0) / 5);
    // All together look for each of them still.
    expect(mean).toBeGreaterThan(1);
    gone.slice(0, 1).forEach((member) => mesh.restart(member));
    const living = mesh.members.filter(({ up }) => up);
    expect(mesh.until(() => mesh.agree(living), 5_000)).toBeDefined();
  });
});
