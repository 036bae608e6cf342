import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { forwarderDefaults } from '../../../../nodes/erizo/input/defaults.ts';
import { Forwarder } from '../../../../nodes/erizo/input/forwarder/forwarder.ts';
import type { ForwarderWaits } from '../../../../nodes/erizo/input/forwarder/parts.ts';
import { parseRemote } from '../../../../nodes/erizo/input/remote.ts';
import { eventually } from '../../../support/eventually.ts';

const disposals: (() => void)[] = [];
afterEach(() => {
  for (const dispose of disposals.splice(0)) {
    dispose();
  }
});

const tls = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8');

/** A source, and all requests that it heard. */
async function source(answer: RequestListener, scheme: 'http' | 'https' = 'http') {
  const heard: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    heard.push(request);
    answer(request, response);
  };
  const server =
    scheme === 'http'
      ? createServer(listener)
      : createTlsServer({ key: tls('key'), cert: tls('cert') }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  disposals.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { heard, port: (server.address() as AddressInfo).port };
}

/** Short, for tests that wait until they are over. */
const waits = { connect_ms: 5_000, silence_ms: 50, first_ms: 5_000 };

async function forward(
  url: string,
  options?: ForwarderWaits,
): Promise<{ forwarder: Forwarder; lines: string[] }> {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(line) });
  const { protocol, host } = new URL(url);
  const forwarder = await Forwarder.open(
    { log },
    parseRemote(url, [`${protocol}//${host}`]),
    options,
  );
  disposals.push(() => forwarder.close());
  return { forwarder, lines };
}

const places = Array.from({ length: forwarderDefaults.requests });
const plain: RequestListener = (_request, response) => response.end('film');

describe('the forwarder of a source of HTTP', () => {
  it('hands on the one file, a part of it, and nothing of what else the source says', async () => {
    const { heard, port } = await source((_request, response) => {
      response.writeHead(206, {
        ...{ 'content-range': 'bytes 1-3/4', 'content-type': 'video/webm' },
        ...{ 'set-cookie': 'a=b', refresh: '0; url=http://evil.example/', 'x-other': '1' },
      });
      response.end('ilm');
    });
    const { forwarder } = await forward(`http://127.0.0.1:${port}/film.webm?x=1`);
    const headers = { range: 'bytes=1-', cookie: 'c=d', 'icy-metadata': '1' };
    const answer = await fetch(forwarder.url, { headers });
    expect([answer.status, await answer.text()]).toEqual([206, 'ilm']);
    expect(answer.headers.get('content-range')).toBe('bytes 1-3/4');
    const others = ['set-cookie', 'refresh', 'x-other'].map((name) => answer.headers.get(name));
    expect(others).toEqual([null, null, null]);
    expect(heard[0]?.url).toBe('/film.webm?x=1');
    expect(heard[0]?.headers).toMatchObject({ range: 'bytes=1-', host: `127.0.0.1:${port}` });
    expect(Object.keys(heard[0]?.headers ?? {})).not.toContain('cookie');
    expect(Object.keys(heard[0]?.headers ?? {})).not.toContain('icy-metadata');
  });

  it('is for who knows its path alone', async () => {
    const { heard, port } = await source(plain);
    const { forwarder } = await forward(`http://127.0.0.1:${port}/film`);
    const { origin, pathname } = new URL(forwarder.url);
    expect(pathname).toMatch(/^\/[\w-]{32}$/);
    const asked = [`${origin}/`, `${origin}/film`, `${forwarder.url}x`];
    const answers = await Promise.all(asked.map((url) => fetch(url)));
    answers.push(await fetch(forwarder.url, { method: 'POST' }));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(heard).toEqual([]);
    expect(forwarder.refusal).toBeUndefined();
  });

  it('follows no redirect, and says so without saying where', async () => {
    const other = await source(plain);
    const { port } = await source((_request, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${other.port}/secret` }).end();
    });
    const { forwarder, lines } = await forward(`http://ann:hush@127.0.0.1:${port}/film?token=x`);
    expect((await fetch(forwarder.url)).status).toBe(502);
    expect(other.heard).toEqual([]);
    expect(forwarder.refusal).toMatchObject({
      code: 'forbidden',
      message: 'the source sends elsewhere, which this node does not follow',
    });
    expect(JSON.parse(lines.join(''))).toMatchObject({
      ...{ reason: 'elsewhere', source: `http://127.0.0.1:${port}` },
    });
    expect(lines.join('')).not.toMatch(/hush|secret|token/);
  });

  it.each([
    ['Basic realm="x"', /^Basic YW5uOmh1c2g=$/],
    ['Digest realm="x", nonce="1", qop="auth", algorithm=SHA-256', /^Digest username="ann", /],
  ])(
    'shows a source that asks with %s who asks, and from then on at once',
    async (challenge, proof) => {
      const { heard, port } = await source((request, response) => {
        if (request.headers.authorization === undefined) {
          response.writeHead(401, { 'www-authenticate': challenge }).end();
        } else {
          response.end('film');
        }
      });
      const { forwarder } = await forward(`http://ann:hush@127.0.0.1:${port}/film`);
      expect(forwarder.url).not.toContain('hush');
      expect(await (await fetch(forwarder.url)).text()).toBe('film');
      expect(await (await fetch(forwarder.url)).text()).toBe('film');
      const shown = heard.map(({ headers }) => headers.authorization);
      expect(shown).toEqual([
        undefined,
        expect.stringMatching(proof),
        expect.stringMatching(proof),
      ]);
    },
  );

  it.each([
    [401, { code: 'unavailable', message: expect.stringContaining('user and password') }],
    [404, { code: 'unavailable', message: 'the source has nothing at the path of its URL' }],
    [500, { code: 'unavailable', message: 'the source answers with an error' }],
    [304, { code: 'forbidden' }],
  ])('gives up a source that answers %i', async (status, refusal) => {
    const { heard, port } = await source((_request, response) => {
      response.writeHead(status, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    const { forwarder } = await forward(`http://ann:hush@127.0.0.1:${port}/film`);
    expect((await fetch(forwarder.url)).status).toBe(502);
    expect(forwarder.refusal).toMatchObject(refusal);
    expect(heard).toHaveLength(status === 401 ? 2 : 1);
  });

  it('gives up a source whose headers are larger than 16 KiB, or that does not speak HTTP', async () => {
    const { port } = await source((_request, response) => {
      response.writeHead(200, { 'x-large': 'x'.repeat(forwarderDefaults.head_bytes) }).end();
    });
    const { forwarder } = await forward(`http://127.0.0.1:${port}/film`);
    expect((await fetch(forwarder.url)).status).toBe(502);
    expect(forwarder.refusal?.message).toContain('not its protocol, or too much');
  });

  it('trusts the certificates that Node trusts, for the name that was asked for', async () => {
    const { heard, port } = await source(plain, 'https');
    const ask = async (host: string) => {
      const { forwarder } = await forward(`https://${host}:${port}/film`);
      const answer = await fetch(forwarder.url);
      return answer.status === 200 ? await answer.text() : forwarder.refusal?.message;
    };
    const untrusted = 'the source has no certificate that this node trusts';
    expect(await ask('localhost')).toBe(untrusted);
    expect(heard).toEqual([]);
    const before = getCACertificates('default');
    disposals.push(() => setDefaultCACertificates(before));
    setDefaultCACertificates([...before, tls('cert')]);
    expect(await ask('localhost')).toBe('film');
    // It is for localhost.
    expect(await ask('127.0.0.1')).toBe(untrusted);
  });

  it('reads no faster than it is read', async () => {
    const chunk = Buffer.alloc(1024 * 1024);
    const most = 32;
    let sent = 0;
    const { port } = await source((_request, response) => {
      const send = (): void => {
        sent += 1;
        response.write(chunk);
      };
      response.on('drain', () => (sent < most ? send() : response.end()));
      send();
    });
    const { forwarder } = await forward(`http://127.0.0.1:${port}/film`);
    const answer = await fetch(forwarder.url);
    let before = -1;
    const stands = (now: number): boolean => {
      const isSame = now === before;
      before = now;
      return isSame;
    };
    await eventually('a source that stands still', async () => sent, stands);
    // What sockets hold.
    expect(sent).toBeLessThan(most);
    await answer.body?.cancel();
  });

  it('gives up a source that falls silent, before its answer or in it', async () => {
    for (const begin of [undefined, 'fi']) {
      const { port } = await source((_request, response) => {
        if (begin !== undefined) {
          response.write(begin);
        }
      });
      const { forwarder } = await forward(`http://127.0.0.1:${port}/film`, waits);
      const answer = await fetch(forwarder.url);
      await answer.text().catch(() => 'cut');
      expect(forwarder.refusal?.message).toBe('the source sent nothing in time');
    }
  });

  it('answers four requests at a time', async () => {
    const held: ServerResponse[] = [];
    const all = Promise.withResolvers<void>();
    const { port } = await source((_request, response) => {
      response.write('f');
      if (held.push(response) === forwarderDefaults.requests) {
        all.resolve();
      }
    });
    const { forwarder } = await forward(`http://127.0.0.1:${port}/film`);
    const answers = await Promise.all(places.map(() => fetch(forwarder.url)));
    await all.promise;
    expect((await fetch(forwarder.url)).status).toBe(503);
    for (const response of held) {
      response.end('ilm');
    }
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts).toEqual(places.map(() => 'film'));
  });

  it('is gone when it is closed, and so is its connection to the source', async () => {
    const gone = Promise.withResolvers<void>();
    const { port } = await source((_request, response) => {
      response.on('close', gone.resolve);
      response.write('f');
    });
    const { forwarder } = await forward(`http://127.0.0.1:${port}/film`);
    const answer = await fetch(forwarder.url);
    forwarder.close();
    await gone.promise;
    await expect(answer.text()).rejects.toThrow('terminated');
    await expect(fetch(forwarder.url)).rejects.toThrow('fetch failed');
    expect(forwarder.refusal).toBeUndefined();
  });

  it('does not begin where a name has no address, and is refused where nobody listens', async () => {
    await expect(forward('http://nowhere.invalid/film')).rejects.toMatchObject({
      ...{ code: 'unavailable', message: 'the source cannot be reached' },
    });
    const { forwarder } = await forward('http://127.0.0.1:1/film');
    expect((await fetch(forwarder.url)).status).toBe(502);
    expect(forwarder.refusal?.message).toBe('the source cannot be reached');
  });
});
