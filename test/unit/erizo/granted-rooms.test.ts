import { describe, expect, test } from 'vitest';
import { demandSameRegion, GrantedRooms } from '../../../nodes/erizo/granted-rooms.ts';
import { Guard } from '../../../nodes/erizo/guard.ts';
import { signCertificate } from '../../../protocol/certificate.ts';
import type { Grant } from '../../../protocol/grant.ts';
import { signGrant } from '../../../protocol/grant.ts';
import type { Jurisdiction } from '../../../protocol/ids.ts';
import { newHexId, newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { publicTicketKey } from '../../../protocol/ticket.ts';
import { newTicketKey } from '../../fakes/fake-edge.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const edgeKey = await newTicketKey();
const strangerKey = await newTicketKey();
const roomId = newHexId();
const serviceId = newHexId();
const here = { nodeId: 'eu-west-1', region: 'eu-west' };
const neighbour = { nodeId: 'eu-west-2', region: 'eu-west', mediaIp: '192.0.2.2' };
const forbidden = { code: 'forbidden' };

/** What a process of that jurisdiction knows of the rooms of a controller, and how often it checked a grant. */
async function roomsOf(
  caller: typeof neighbour & { jurisdiction?: Jurisdiction } = neighbour,
  jurisdiction?: Jurisdiction,
) {
  const clock = new VirtualClock();
  const guard = new Guard({ clock }, { region: here.region });
  const keys = { peerId: `12D3KooW${'A'.repeat(44)}`, curveKey: 'A'.repeat(40) };
  const place = jurisdiction === undefined ? here : { ...here, jurisdiction };
  const held = { ...place, ...keys, mediaIp: '192.0.2.1', jti: newUuid() };
  const learn = async (): Promise<void> =>
    guard.learn({
      keys: [publicTicketKey(edgeKey)],
      certificate: await signCertificate(edgeKey, held, clock.now()),
    });
  const checked = { count: 0 };
  const admit = guard.admit.bind(guard);
  guard.admit = (...asked) => {
    checked.count += 1;
    return admit(...asked);
  };
  const rooms = new GrantedRooms({ guard, clock }, { caller });
  const grantOf = (grant: Partial<Grant> = {}, key = edgeKey): Promise<string> =>
    signGrant(key, { roomId, serviceId, epoch: 0, ...grant }, clock.now());
  return { clock, guard, rooms, grantOf, learn, checked };
}

describe('media of a room', () => {
  test('goes in and out for a controller that shows a grant for its node and this one', async () => {
    const { rooms, grantOf, learn } = await roomsOf();
    await learn();
    expect(rooms.has(roomId)).toBe(false);
    expect(await rooms.demand({ roomId, grant: await grantOf() })).toBe(serviceId);
    expect(rooms.has(roomId)).toBe(true);
    expect(rooms.has(newHexId())).toBe(false);
  });

  test('does not for a grant of another room, of a stranger, or of other regions', async () => {
    const { rooms, grantOf, learn } = await roomsOf();
    await learn();
    const bad = [
      await grantOf({ roomId: newHexId() }),
      await grantOf({}, strangerKey),
      await grantOf({ regions: { deny: ['eu-west'] } }),
      '',
    ];
    for (const grant of bad) {
      await expect(rooms.demand({ roomId, grant })).rejects.toMatchObject(forbidden);
      expect(rooms.has(roomId)).toBe(false);
    }
  });

  test('does not for a controller whose node is of another jurisdiction than the room', async () => {
    for (const [jurisdiction, outcome] of [
      ['eu', 'resolved'],
      ['us', 'forbidden'],
    ] as const) {
      const { rooms, grantOf, learn } = await roomsOf({ ...neighbour, jurisdiction }, 'eu');
      await learn();
      const grant = await grantOf({ jurisdiction: 'eu' });
      const asked = rooms.demand({ roomId, grant }).then(
        () => 'resolved',
        ({ code }: { code: string }) => code,
      );
      expect(await asked).toBe(outcome);
    }
  });

  test('waits for the edge while the process knows no key, and goes then', async () => {
    const { rooms, grantOf, learn } = await roomsOf();
    const grant = await grantOf();
    await expect(rooms.demand({ roomId, grant })).rejects.toMatchObject({ code: 'unavailable' });
    await learn();
    expect(await rooms.demand({ roomId, grant })).toBe(serviceId);
  });
});

describe('a grant', () => {
  test('is checked once, however many calls show it', async () => {
    const { rooms, grantOf, learn, checked } = await roomsOf();
    await learn();
    const grant = await grantOf();
    await Promise.all(Array.from({ length: 17 }, () => rooms.demand({ roomId, grant })));
    await rooms.demand({ roomId, grant });
    expect(checked.count).toBe(1);
  });

  test('is worth nothing once a newer one was seen, or it has expired', async () => {
    const { rooms, grantOf, learn, guard, clock } = await roomsOf();
    await learn();
    const old = await grantOf();
    await rooms.demand({ roomId, grant: old });
    const newer = await grantOf({ epoch: 1 });
    await guard.admit({ roomId, grant: newer }, neighbour);
    expect(rooms.has(roomId)).toBe(false);
    await expect(rooms.demand({ roomId, grant: old })).rejects.toMatchObject(forbidden);
    await rooms.demand({ roomId, grant: newer });
    clock.advance((limits.grant_ttl_s + limits.clockSkew_s) * 1000);
    await learn();
    expect(rooms.has(roomId)).toBe(false);
    await expect(rooms.demand({ roomId, grant: newer })).rejects.toMatchObject(forbidden);
  });
});

test('a process serves controllers of its own region alone', () => {
  demandSameRegion(neighbour, 'eu-west');
  expect(() => demandSameRegion({ ...neighbour, region: 'us-east' }, 'eu-west')).toThrowError(
    expect.objectContaining(forbidden),
  );
});
