import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { WebhookEvent } from '../../../protocol/contracts/webhooks.ts';
import { limits } from '../../../protocol/limits.ts';
import { newSecret, signWebhook, verifyWebhook } from '../../../protocol/webhook.ts';

const now_ms = 1_700_000_000_500;
const secret = 'a secret of an app';
const event: WebhookEvent = {
  id: '4f0a3f4e-1d1c-4c8e-9a39-7a6f5e3f0d11',
  event: 'room_started',
  createdAt: '2023-11-14T22:13:20.500Z',
  sequence: 1,
  room: { _id: '0123456789abcdef01234567', name: 'a room' },
  sessionId: '7b1f6f3e-58a6-4d59-9d67-1c9a3c2b8f02',
};
const body = JSON.stringify(event);
const code = (wanted: string): { code: string } => ({ code: wanted });

describe('a webhook that is received', () => {
  it('is the event where it was signed with the secret, whichever way the headers are kept', async () => {
    const signed = await signWebhook(secret, { id: event.id, body }, now_ms);
    expect(await verifyWebhook(secret, signed, body, now_ms)).toEqual(event);
    expect(await verifyWebhook(secret, new Headers(signed), body, now_ms)).toEqual(event);
    expect(signed['rizoma-webhook-id']).toBe(event.id);
  });

  it('is signed as the documents say', async () => {
    const signed = await signWebhook(secret, { id: event.id, body }, now_ms);
    const mac = createHmac('sha256', secret).update(`1700000000.${body}`).digest('hex');
    expect(signed['rizoma-webhook-timestamp']).toBe('1700000000');
    expect(signed['rizoma-webhook-signature']).toBe(`v1=${mac}`);
  });

  it('is refused where anything of it was changed, or nothing was signed', async () => {
    const signed = await signWebhook(secret, { id: event.id, body }, now_ms);
    const refused = async (
      headers: Record<string, string>,
      text = body,
      key = secret,
    ): Promise<void> => {
      await expect(verifyWebhook(key, headers, text, now_ms)).rejects.toMatchObject(
        code('unauthorized'),
      );
    };
    await refused(signed, `${body} `);
    await refused(signed, body, newSecret());
    await refused({ ...signed, 'rizoma-webhook-timestamp': '1700000001' });
    await refused({});
    const odd = 'NaN';
    const mac = createHmac('sha256', secret).update(`${odd}.${body}`).digest('hex');
    await refused({
      'rizoma-webhook-timestamp': odd,
      'rizoma-webhook-signature': `v1=${mac}`,
    });
  });

  it('is refused too early and too late', async () => {
    const signed = await signWebhook(secret, { id: event.id, body }, now_ms);
    const tolerance_ms = limits.webhookTolerance_s * 1000;
    for (const at_ms of [now_ms - 1000 - tolerance_ms, now_ms + 1000 + tolerance_ms]) {
      await expect(verifyWebhook(secret, signed, body, at_ms)).rejects.toMatchObject(
        code('unauthorized'),
      );
    }
    await verifyWebhook(secret, signed, body, now_ms + tolerance_ms - 1000);
  });

  it('is refused where it is signed and no event', async () => {
    const signed = await signWebhook(secret, { id: event.id, body: '{}' }, now_ms);
    await expect(verifyWebhook(secret, signed, '{}', now_ms)).rejects.toMatchObject(
      code('bad_request'),
    );
  });
});
