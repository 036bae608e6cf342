import { describe, expect, it } from 'vitest';
import { webhookPost } from '../../../edge/objects/webhook-post.ts';
import { checkWebhookUrl } from '../../../edge/room/webhook-url.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { attemptWaits_ms, waitAfter_ms } from '../../../edge/room/webhooks.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

describe('where webhooks go', () => {
  it.each([
    'https://app.example.org/hooks?x=1',
    'https://app.example.org:8443/',
    'https://93.184.216.34/',
    'https://[2606:4700::1111]/',
  ])('is %s', (url) => {
    expect(() => checkWebhookUrl(url, 'public')).not.toThrow();
  });

  it.each([
    'http://app.example.org/',
    'ftp://app.example.org/',
    'https://user:password@app.example.org/',
    'https://localhost/',
    'https://app.localhost./',
    'https://printer.local/',
    'https://metadata.google.internal/',
    'https://intranet/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://10.1.2.3/',
    'https://172.31.255.255/',
    'https://192.168.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/',
    'https://224.0.0.1/',
    'https://0.0.0.0/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[2002:a00:1::]/',
    'nowhere',
  ])('is not %s', (url) => {
    expect(() => checkWebhookUrl(url, 'public')).toThrow(RizomaError);
  });

  it('may be this machine where the deployment says so, but nothing else than HTTP', () => {
    expect(() => checkWebhookUrl('http://127.0.0.1:3000/', 'any')).not.toThrow();
    expect(() => checkWebhookUrl('file:///etc/passwd', 'any')).toThrow(RizomaError);
  });
});

describe('the attempts to deliver an event', () => {
  it('are eight within 61 minutes and 20 seconds, and a tenth more by chance', () => {
    const waits = (random: number): number[] =>
      attemptWaits_ms.map((_, index) => waitAfter_ms(index + 1, random) ?? 0);
    const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0);
    expect(sum(waits(0))).toBe((61 * 60 + 20) * 1000);
    expect(sum(waits(1))).toBe(Math.round(sum(waits(0)) * 1.1));
    expect(waitAfter_ms(attemptWaits_ms.length + 1, 0)).toBeUndefined();
  });

  it('end where the receiver does not answer in time', async () => {
    const clock = new VirtualClock();
    let asked: RequestInit = {};
    const post = webhookPost(
      {
        clock,
        fetch: (_, init) => {
          asked = init;
          return new Promise((_resolve, reject) =>
            init.signal?.addEventListener('abort', () => reject(new Error('aborted'))),
          );
        },
      },
      { hosts: 'public' },
    );
    const hook = { url: 'https://app.example.org/', events: [], secret: 'a secret of an app' };
    const outcome = post(hook, { id: 'id', body: '{}' });
    while (asked.signal === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    clock.advance(10_000);
    expect(await outcome).toBe('it did not answer within 10 s');
    expect(asked).toMatchObject({ method: 'POST', redirect: 'manual', body: '{}' });
  });

  it('say that nobody was reached, and ask nobody where the place is not allowed any more', async () => {
    let fetched = 0;
    const post = webhookPost(
      {
        clock: new VirtualClock(),
        fetch: () => {
          fetched += 1;
          return Promise.reject(new Error('no route'));
        },
      },
      { hosts: 'public' },
    );
    const hook = { url: 'https://app.example.org/', events: [], secret: 'a secret of an app' };
    expect(await post(hook, { id: 'id', body: '{}' })).toBe('it could not be reached');
    const inside = { ...hook, url: 'http://127.0.0.1/' };
    expect(await post(inside, { id: 'id', body: '{}' })).toMatch('https');
    expect(fetched).toBe(1);
  });
});
