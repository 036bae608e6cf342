import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { checkCertificate, signCertificate } from '../../../protocol/certificate.ts';
import { checkEnrolment, signEnrolment } from '../../../protocol/enrolment.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { peerIdOf } from '../../../protocol/peer-id.ts';
import { publicTicketKey, signTicket } from '../../../protocol/ticket.ts';
import { newTicketKey } from '../../fakes/fake-edge.ts';
import { unprovenEntry } from '../../support/entry.ts';

const now_ms = 1_800_000_000_000;
const curveKey = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7';
const key = await newTicketKey();
const publicKey = publicTicketKey(key);
const run = { nodeId: 'eu-west-1', epoch: newUuid() };

it('a peer id is the one that libp2p gives to the key', () => {
  // The Ed25519 key of the test vectors of libp2p's specification; the id as js-libp2p prints it.
  const x = 'HtHo-uLEoUS4vo_UtHvz07NLhxw8rPYBDw5C1HT84n4';
  const peerId = peerIdOf({ kty: 'OKP', crv: 'Ed25519', x });
  expect(peerId).toBe('12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq');
});

describe('a certificate', () => {
  const held = {
    nodeId: 'eu-west-1',
    region: 'eu-west',
    peerId: peerIdOf(publicKey),
    curveKey,
    mediaIp: '192.0.2.1',
    jti: newUuid(),
  };
  const expected = { nodeId: 'eu-west-1', region: 'eu-west', now_ms };

  it('is good for a day, and says what was signed', async () => {
    const text = await signCertificate(key, held, now_ms);
    const issued_s = now_ms / 1000;
    const expires_s = issued_s + limits.certificate_ttl_s;
    expect(await checkCertificate([publicKey], text, expected)).toMatchObject({
      ...held,
      issued_s,
      expires_s,
    });
    const late_ms = (expires_s + limits.clockSkew_s) * 1000;
    await expect(
      checkCertificate([publicKey], text, { ...expected, now_ms: late_ms }),
    ).rejects.toMatchObject({ code: 'certificate_expired' });
  });

  it('may be signed by either of two keys, and its end is seen whichever it was', async () => {
    const second = await newTicketKey();
    const keys = [publicKey, publicTicketKey(second)];
    for (const signer of [key, second]) {
      const text = await signCertificate(signer, held, now_ms);
      expect(await checkCertificate(keys, text, expected)).toMatchObject(held);
      const late_ms = now_ms + (limits.certificate_ttl_s + limits.clockSkew_s) * 1000;
      await expect(
        checkCertificate(keys, text, { ...expected, now_ms: late_ms }),
      ).rejects.toMatchObject({ code: 'certificate_expired' });
    }
    const forged = await signCertificate(await newTicketKey(), held, now_ms);
    for (const some of [keys, []]) {
      await expect(checkCertificate(some, forged, expected)).rejects.toMatchObject({
        code: 'certificate_forged',
      });
    }
  });

  it('is forged where another key signed it, where it is of another node or region, and where it is something else', async () => {
    const text = await signCertificate(key, held, now_ms);
    const ticket = { ...run, region: 'eu-west', clientId: newUuid(), roomId: 'a'.repeat(24) };
    const who = { userName: 'ann', role: 'viewer', jti: newUuid(), requestId: 'a-request' };
    const visitor = {
      ...ticket,
      ...who,
      joinedAt_ms: now_ms,
      issuedAt_ms: now_ms,
      proof: unprovenEntry().proof,
    };
    const endless = await new SignJWT({ ...held, sub: 'eu-west-1' })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'rizoma-node+jwt' })
      .sign({ ...key });
    const another = await signCertificate(await newTicketKey(), held, now_ms);
    for (const [forged, of] of [
      [another, expected],
      [text, { ...expected, nodeId: 'eu-west-2' }],
      [text, { ...expected, region: 'us-east' }],
      [text, { ...expected, jurisdiction: 'eu' }],
      [await signTicket(key.d, visitor, now_ms), expected],
      [endless, expected],
      ['', expected],
    ] as const) {
      await expect(checkCertificate([publicKey], forged, of)).rejects.toMatchObject({
        code: 'certificate_forged',
      });
    }
  });
});

describe('an enrolment', () => {
  const expected = { ...run, now_ms };
  const said = { curveKey, mediaIp: '192.0.2.1' };

  it('shows the key that signed it, and what is said beside it', async () => {
    const text = await signEnrolment(key, { ...run, ...said }, now_ms);
    expect(await checkEnrolment(text, expected)).toEqual({
      peerId: peerIdOf(publicKey),
      ...said,
    });
  });

  it('is refused in words about the clock where it is of another time, past or to come', async () => {
    const text = await signEnrolment(key, { ...run, ...said }, now_ms);
    const most_ms = (limits.enrolment_ttl_s + limits.clockSkew_s + 1) * 1000;
    for (const other_ms of [now_ms + most_ms, now_ms - most_ms]) {
      await expect(checkEnrolment(text, { ...run, now_ms: other_ms })).rejects.toMatchObject({
        code: 'forbidden',
        message: expect.stringContaining('clock'),
      });
    }
  });

  it('is refused where its key did not sign it', async () => {
    const [head, body] = (await signEnrolment(key, { ...run, ...said }, now_ms)).split('.');
    const other = await signEnrolment(await newTicketKey(), { ...run, ...said }, now_ms);
    const forged = `${head}.${body}.${other.split('.')[2]}`;
    await expect(checkEnrolment(forged, expected)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
