import { Agent, request } from 'node:http';
import type { Workerd } from './workerd.ts';

export interface Wish {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What some requests took, each. */
export interface Cost {
  readonly cpu_ms: number;
  readonly time_ms: number;
}

/** Requests under way at a time: as many as keep a runtime busy that has one thread for a Worker. */
const atOnce = 32;

const agent = new Agent({ keepAlive: true, maxSockets: atOnce });

/** Sends the requests, so many at a time. Throws where one is not answered with 200. */
export async function load(workerd: Workerd, wishes: readonly Wish[]): Promise<Cost> {
  const left = wishes.values();
  const send = async (): Promise<void> => {
    for (const wish of left) {
      await sendOne(workerd.url, wish);
    }
  };
  const [cpu_ms, began_ms] = [workerd.cpu_ms(), performance.now()];
  await Promise.all(Array.from({ length: atOnce }, send));
  const time_ms = performance.now() - began_ms;
  return {
    cpu_ms: (workerd.cpu_ms() - cpu_ms) / wishes.length,
    time_ms: time_ms / wishes.length,
  };
}

/** Plain HTTP of Node, which costs a third of what fetch costs: the sender shares the machine. */
export function sendOne(url: string, { method, path, headers, body }: Wish): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, url),
      { method, headers: { ...headers }, agent },
      (answer) => {
        const parts: string[] = [];
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = parts.join('');
          if (answer.statusCode === 200) {
            resolve(text);
          } else {
            reject(new Error(`${method} ${path} was answered ${answer.statusCode}: ${text}`));
          }
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
