import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { newCurveKeyPair } from '../../../nodes/link/zmq-curve.ts';
import { cardCheck } from '../../../nodes/mesh/card-check.ts';
import { MemberKeys } from '../../../nodes/mesh/member-keys.ts';
import { pairsOf } from '../../../nodes/mesh/way-pairs.ts';
import { signCertificate } from '../../../protocol/certificate.ts';
import type { NodeCard } from '../../../protocol/contracts/node-edge.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { peerIdOf } from '../../../protocol/peer-id.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { growth, Operations } from '../../support/operations.ts';
import { privateKey, publicKey } from '../mesh/test-edge.ts';

function cardOf(nodeId: string, region: string): NodeCard {
  const place = { lat: 0, lon: 0 };
  const mesh = 'tcp://127.0.0.1:1';
  return { nodeId, epoch: newUuid(), region, place, secure: false, version: '0', mesh };
}

const named = (count: number, region: string): NodeCard[] =>
  Array.from({ length: count }, (_, number) => cardOf(`${region}-${number}`, region));

describe('a node of the mesh', () => {
  it('weighs each node of its region once for each other region', () => {
    const operations = new Operations();
    const [regions, nodes] = [8, 64];
    const here = named(nodes, 'here');
    const elsewhere = Array.from({ length: regions }, (_, at) => cardOf(`r${at}-1`, `r${at}`));
    const all = [...here, ...elsewhere].map((card) => operations.watch(card));
    pairsOf({ nodeId: 'here-0', region: 'here' }, all);
    // And looks twice at each of them, for where it is.
    expect(operations.count).toBeLessThan(2 * regions * nodes);
  });

  it('knows a peer by its name, however many members there are', async () => {
    const clock = new VirtualClock();
    const now_s = Math.floor(clock.now() / 1000);
    const grown = await growth(16, (members, operations) => {
      const keys = new MemberKeys({ clock });
      const certificates = Array.from({ length: members }, (_, number) => {
        const who = { nodeId: `n${number}`, peerId: `peer ${number}`, region: 'eu-west' };
        const key = { curveKey: newCurveKeyPair().publicKey, mediaIp: '192.0.2.1', jti: newUuid() };
        return operations.watch({ ...who, ...key, issued_s: now_s, expires_s: now_s + 100 });
      });
      keys.take(certificates, new Set());
      operations.count = 0;
      expect(keys.hasPeer(`peer ${members - 1}`)).toBe(true);
      expect(keys.nodeOf(`peer ${members - 1}`)).toBe(`n${members - 1}`);
    });
    expect(grown).toBe(1);
  });

  it('checks the signature of a member once, however often the list of all comes', async () => {
    const verify = vi.spyOn(crypto.subtle, 'verify');
    const clock = new VirtualClock();
    const log = pino({ level: 'silent' });
    const check = cardCheck({ clock, log, edge: { keys: { ticketKeys: [publicKey] } } });
    const cards = await Promise.all(
      named(8, 'eu-west').map(async (card) => {
        const { nodeId, region } = card;
        const keys = {
          peerId: peerIdOf(publicKey),
          curveKey: newCurveKeyPair().publicKey,
          jti: newUuid(),
        };
        const about = { nodeId, region, ...keys, mediaIp: '192.0.2.1' };
        return { ...card, certificate: await signCertificate(privateKey, about, clock.now()) };
      }),
    );
    for (let come = 1; come <= cards.length; come += 1) {
      expect(await check(cards.slice(0, come), new Set())).toHaveLength(come);
    }
    expect(verify).toHaveBeenCalledTimes(cards.length);
  });

  it('believes no certificate that it had checked for longer than it is good', async () => {
    const clock = new VirtualClock();
    const log = pino({ level: 'silent' });
    const check = cardCheck({ clock, log, edge: { keys: { ticketKeys: [publicKey] } } });
    const card = cardOf('eu-west-1', 'eu-west');
    const keys = {
      peerId: peerIdOf(publicKey),
      curveKey: newCurveKeyPair().publicKey,
      jti: newUuid(),
    };
    const about = { nodeId: 'eu-west-1', region: 'eu-west', ...keys, mediaIp: '192.0.2.1' };
    const certificate = await signCertificate(privateKey, about, clock.now());
    expect(await check([{ ...card, certificate }], new Set())).toHaveLength(1);
    expect(await check([{ ...card, certificate, region: 'us-east' }], new Set())).toEqual([]);
    expect(await check([{ ...card, certificate }], new Set([keys.peerId]))).toEqual([]);
    clock.advance(2 * 24 * 60 * 60 * 1000);
    expect(await check([{ ...card, certificate }], new Set())).toEqual([]);
  });
});
