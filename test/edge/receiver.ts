import { Response } from 'miniflare';
import * as v from 'valibot';

/** What came to one path of the receiver, and what the next ones are answered. */
interface Box {
  readonly received: { headers: Record<string, string>; body: string }[];
  answers: number[];
}

const boxes = new Map<string, Box>();

/**
 * A server of an app that takes webhooks, outside the edge: `POST /<name>` is written down and answered
 * with the next status of those that `PUT /<name>` gave, 200 after them; `GET /<name>` reads what came.
 */
export async function receive(request: {
  url: string;
  method: string;
  headers: Iterable<[string, string]>;
  text(): Promise<string>;
}): Promise<Response> {
  const { pathname } = new URL(request.url);
  const box = boxes.get(pathname) ?? { received: [], answers: [] };
  boxes.set(pathname, box);
  const body = await request.text();
  switch (request.method) {
    case 'GET':
      return Response.json(box.received);
    case 'PUT':
      box.answers = v.parse(v.array(v.number()), JSON.parse(body));
      return new Response(null, { status: 204 });
    default: {
      box.received.push({ headers: Object.fromEntries(request.headers), body });
      const status = box.answers.shift() ?? 200;
      const location = { location: 'https://receiver.test/elsewhere' };
      return new Response(
        'taken?',
        status >= 300 && status < 400 ? { status, headers: location } : { status },
      );
    }
  }
}
