import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { WebhookEvent } from '../../client/server/index.ts';
import { verifyWebhook } from '../../client/server/index.ts';

/** The server of an app, which takes webhooks that are signed as they should be. */
export interface WebhookReceiver {
  readonly url: string;
  /** What to check signatures with. */
  secret: string;
  /** What came, in order. */
  readonly events: WebhookEvent[];
  /** Answers 500 to so many more. */
  failures: number;
  /** Resolves when that many have come. */
  until(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const waiting: { count: number; resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await text(request);
      receiver.failures -= 1;
      if (receiver.failures >= 0) {
        response.writeHead(500).end();
        return;
      }
      const now_ms = Date.now();
      receiver.events.push(await verifyWebhook(receiver.secret, request.headers, body, now_ms));
      response.writeHead(204).end();
      for (const { resolve } of waiting.filter(({ count }) => receiver.events.length >= count)) {
        resolve();
      }
    };
    answer().catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    secret: '',
    events: [],
    failures: 0,
    until: (count) =>
      new Promise((resolve) => {
        waiting.push({ count, resolve });
        if (receiver.events.length >= count) {
          resolve();
        }
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
