import { describe, expect, test } from 'vitest';
import { Guard } from '../../../nodes/erizo/guard.ts';
import { newCurveKeyPair } from '../../../nodes/link/zmq-curve.ts';
import { signCertificate } from '../../../protocol/certificate.ts';
import type { Jurisdiction } from '../../../protocol/ids.ts';
import { newUuid } from '../../../protocol/ids.ts';
import type { Grant } from '../../../protocol/grant.ts';
import { signGrant } from '../../../protocol/grant.ts';
import { limits } from '../../../protocol/limits.ts';
import { publicTicketKey } from '../../../protocol/ticket.ts';
import { newTicketKey } from '../../fakes/fake-edge.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const edgeKey = await newTicketKey();
const strangerKey = await newTicketKey();
const roomId = '0123456789abcdef01234567';
const serviceId = 'abcdef0123456789abcdef01';

interface Node {
  nodeId: string;
  region: string;
  jurisdiction?: Jurisdiction;
}
const eu: Node = { nodeId: 'eu-west-1', region: 'eu-west' };
const us: Node = { nodeId: 'us-east-1', region: 'us-east' };

const certificateOf = (node: Node, now_ms: number, key = edgeKey): Promise<string> => {
  const keys = { peerId: `12D3KooW${'A'.repeat(44)}`, curveKey: newCurveKeyPair().publicKey };
  const held = { ...node, ...keys, mediaIp: '192.0.2.1', jti: newUuid() };
  return signCertificate(key, held, now_ms);
};
const pullerOf = ({ nodeId, region }: Node) => ({ erizoId: newUuid(), nodeId, region });

async function guardOf(node: Node) {
  const clock = new VirtualClock();
  const guard = new Guard({ clock }, { region: node.region });
  guard.learn({
    keys: [publicTicketKey(edgeKey)],
    certificate: await certificateOf(node, clock.now()),
  });
  /** What a process of a node asks under a grant; where it lies is said in the changes. */
  const ask = async (from: Node, grant: Partial<Grant>, lies: { certificate?: string } = {}) => {
    await guard.check({
      roomId,
      puller: pullerOf(from),
      certificate: await certificateOf(from, clock.now()),
      grant: await signGrant(edgeKey, { roomId, serviceId, epoch: 0, ...grant }, clock.now()),
      ...lies,
    });
  };
  return { clock, guard, ask };
}

describe('the media of a room', () => {
  test('goes to where its grant allows it, from where it allows it', async () => {
    const { ask } = await guardOf(eu);
    await ask(us, {});
    await ask(us, { regions: { allow: ['eu-west', 'us-east'] } });
    const outside = { code: 'forbidden', message: expect.stringContaining('may not be in') };
    await expect(ask(us, { regions: { allow: ['eu-west'] } })).rejects.toMatchObject(outside);
    await expect(ask(us, { regions: { deny: ['eu-west'] } })).rejects.toMatchObject(outside);
    await expect(ask(us, { jurisdiction: 'eu' })).rejects.toMatchObject(outside);
  });

  test('stays in its jurisdiction, as the certificates of both nodes name it', async () => {
    const { ask } = await guardOf({ ...eu, jurisdiction: 'eu' });
    await ask(
      { nodeId: 'eu-north-1', region: 'eu-north', jurisdiction: 'eu' },
      { jurisdiction: 'eu' },
    );
    for (const other of [us, { ...us, jurisdiction: 'us' as const }]) {
      await expect(ask(other, { jurisdiction: 'eu' })).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  test('is given to nobody who shows no certificate of its own node that the edge has signed', async () => {
    const { ask, clock } = await guardOf(eu);
    const now_ms = clock.now();
    const lies = {
      'of another node': await certificateOf({ ...us, nodeId: 'us-east-2' }, now_ms),
      'of another region': await certificateOf({ ...us, region: 'eu-west' }, now_ms),
      forged: await certificateOf(us, now_ms, strangerKey),
      expired: await certificateOf(us, now_ms - (limits.certificate_ttl_s + 61) * 1_000),
      none: '',
    };
    for (const [what, certificate] of Object.entries(lies)) {
      const outcome = await ask(us, {}, { certificate }).catch((thrown: unknown) => thrown);
      expect([what, outcome]).toMatchObject([what, { code: 'forbidden' }]);
    }
  });

  test('is given by what either key of the edge has signed, while that is being changed', async () => {
    const { ask, clock, guard } = await guardOf(eu);
    const next = await newTicketKey();
    const now_ms = clock.now();
    const certificate = await certificateOf(us, now_ms, next);
    const grant = await signGrant(next, { roomId, serviceId, epoch: 0 }, now_ms);
    await expect(ask(us, {}, { certificate })).rejects.toMatchObject({ code: 'forbidden' });
    const keys = [next, edgeKey].map(publicTicketKey);
    guard.learn({ keys, certificate: guard.certificate });
    await ask(us, {}, { certificate });
    await ask(us, {}, {});
    await guard.check({ roomId, puller: pullerOf(us), certificate, grant });
    const forged = await certificateOf(us, now_ms, strangerKey);
    await expect(ask(us, {}, { certificate: forged })).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('is given under no grant that is older than one that was seen of the room', async () => {
    const { ask } = await guardOf(eu);
    await ask(us, { epoch: 2 });
    await ask(us, { epoch: 2 });
    await expect(ask(us, { epoch: 1 })).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('has changed'),
    });
    await ask(us, { epoch: 3 });
  });

  test('is that of the service which its grant names, where it may be here', async () => {
    const { guard, clock } = await guardOf(eu);
    const asked = async (grant: Partial<Grant>, key = edgeKey) => {
      const whole = { roomId, serviceId, epoch: 0, ...grant };
      const room = { roomId, grant: await signGrant(key, whole, clock.now()) };
      return guard.admit(room, { ...eu, mediaIp: '192.0.2.1' });
    };
    expect(await asked({})).toMatchObject({ serviceId });
    const forbidden = { code: 'forbidden' };
    await expect(asked({}, strangerKey)).rejects.toMatchObject(forbidden);
    await expect(asked({ roomId: 'f'.repeat(24) })).rejects.toMatchObject(forbidden);
    await expect(asked({ regions: { deny: ['eu-west'] } })).rejects.toMatchObject(forbidden);
  });

  test('waits for the edge while the process knows no key', async () => {
    const guard = new Guard({ clock: new VirtualClock() }, { region: 'eu-west' });
    const asked = { roomId, puller: pullerOf(us), certificate: '', grant: '' };
    await expect(guard.check(asked)).rejects.toMatchObject({ code: 'unavailable' });
    expect(() => guard.certificate).toThrowError(expect.objectContaining({ code: 'unavailable' }));
  });
});
