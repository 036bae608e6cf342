import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newCurveKeyPair } from '../../../nodes/link/zmq-curve.ts';
import { CertificateKeeper } from '../../../nodes/mesh/certificate-keeper.ts';
import { signCertificate } from '../../../protocol/certificate.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { peerIdOf } from '../../../protocol/peer-id.ts';
import { publicTicketKey } from '../../../protocol/ticket.ts';
import { newTicketKey } from '../../fakes/fake-edge.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { privateKey, publicKey } from './test-edge.ts';

const self = { nodeId: 'eu-west-1', region: 'eu-west' };
const hour_ms = 3_600_000;
const life_ms = limits.certificate_ttl_s * 1000;

let clock: VirtualClock;
let keeper: CertificateKeeper;
let asked: number[];
let edgeIsAway: boolean;
/** With how many keys others were told of a certificate. */
let told: number[];
/** Resolves when the next renewal has been answered. */
let renewed: PromiseWithResolvers<void>;

function certificate(of = self): Promise<string> {
  const keys = { peerId: peerIdOf(publicKey), curveKey: newCurveKeyPair().publicKey };
  const held = { ...of, ...keys, mediaIp: '192.0.2.1', jti: newUuid() };
  return signCertificate(privateKey, held, clock.now());
}

beforeEach(() => {
  clock = new VirtualClock();
  asked = [];
  edgeIsAway = false;
  told = [];
  renewed = Promise.withResolvers();
  const start_ms = clock.now();
  keeper = new CertificateKeeper(
    {
      clock,
      log: pino({ level: 'silent' }),
      random: () => 0.5,
      changed: (keys) => told.push(keys.length),
      renew: async () => {
        asked.push((clock.now() - start_ms) / hour_ms);
        renewed.resolve();
        if (edgeIsAway) {
          throw new RizomaError('link_down', 'the edge is away');
        }
        return await certificate();
      },
    },
    self,
  );
});

afterEach(() => keeper.close());

describe('the certificate of a node', () => {
  it('is renewed past the half of its life and long before its end, again and again', async () => {
    await keeper.hold([publicKey], await certificate());
    const first = keeper.certificate;
    expect((first?.expires_s ?? 0) * 1000).toBe(clock.now() + life_ms);
    clock.advance(life_ms / 2);
    expect(asked).toEqual([]);
    clock.advance(life_ms / 4);
    await renewed.promise;
    await vi.waitUntil(() => keeper.certificate?.jti !== first?.jti);
    expect(asked[0]).toBeCloseTo(15.6);
    renewed = Promise.withResolvers();
    clock.advance(life_ms * 0.75);
    await renewed.promise;
    expect(asked).toHaveLength(2);
  });

  it('is asked for each minute while the edge is away, and kept meanwhile', async () => {
    await keeper.hold([publicKey], await certificate());
    const { jti } = keeper.certificate ?? {};
    edgeIsAway = true;
    for (let count = 1; count <= 3; count += 1) {
      renewed = Promise.withResolvers();
      clock.advance(count === 1 ? life_ms * 0.66 : 60_000);
      await renewed.promise;
      await new Promise((resolve) => setImmediate(resolve));
      expect(asked).toHaveLength(count);
    }
    expect(keeper.certificate?.jti).toBe(jti);
  });

  it('is told of once, and again where other keys check it and those of others', async () => {
    const text = await certificate();
    const other = publicTicketKey(await newTicketKey());
    await keeper.hold([publicKey], text);
    await keeper.hold([publicKey], text);
    expect(told).toEqual([1]);
    await keeper.hold([publicKey, other], text);
    await keeper.hold([other, publicKey], text);
    expect(told).toEqual([1, 2, 2]);
  });

  it('is renewed by the keys that the edge gave last', async () => {
    const other = publicTicketKey(await newTicketKey());
    await keeper.hold([other, publicKey], await certificate());
    const first = keeper.certificate;
    await keeper.hold([publicKey], first?.text ?? '');
    clock.advance(life_ms * 0.75);
    await renewed.promise;
    await vi.waitUntil(() => keeper.certificate?.jti !== first?.jti);
    expect(told).toEqual([2, 1, 1]);
  });

  it('of another node is not held', async () => {
    await keeper.hold([publicKey], await certificate({ nodeId: 'eu-west-2', region: 'eu-west' }));
    expect(keeper.certificate).toBeUndefined();
  });

  it('is not renewed once the node has closed', async () => {
    await keeper.hold([publicKey], await certificate());
    keeper.close();
    clock.advance(life_ms);
    expect(asked).toEqual([]);
  });
});
