import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HttpOptions } from '../../../nodes/http.ts';
import { closeServer, createHttpServer, httpTimes, listen } from '../../../nodes/http.ts';
import { TrustedProxies } from '../../../nodes/trusted-proxies.ts';
import { systemClock } from '../../../protocol/clock.ts';

const question = 'GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n';

async function setUp(options: Partial<HttpOptions>) {
  const lines: { msg: string; of?: string }[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const good = { good: true, body: {} };
  const pages = {
    ...{ health: () => good, readiness: () => good, metricsToken: undefined },
    metrics: { contentType: 'text/plain', text: () => Promise.resolve('') },
  };
  const server = createHttpServer(
    { clock: systemClock, log, pages },
    { trustedProxies: new TrustedProxies([]), ...options },
  );
  await listen(server, { ip: '127.0.0.1', port: 0 });
  onTestFinished(() => closeServer(server));
  const { port } = server.address() as AddressInfo;
  const open = (localAddress = '127.0.0.1'): Socket => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    return socket;
  };
  /** The first line that is answered; empty where the connection is closed instead. */
  const ask = async (socket: Socket): Promise<string> => {
    socket.write(question);
    const closed = once(socket, 'close').then(() => ['']);
    const [answer] = await Promise.race([once(socket, 'data'), closed]);
    return String(answer).split('\r\n')[0] ?? '';
  };
  return { open, ask, lines };
}

const ok = 'HTTP/1.1 200 OK';
/** Half of the time after which Node itself closes such connections. */
const soonest_ms = 30_000;

describe('the connections of one address', () => {
  const bounds = { perAddress: 2, all: 100 };

  it('are so many at a time, and another address has as many', async () => {
    const { open, ask, lines } = await setUp({ bounds });
    const [first, second] = [open(), open()];
    expect([await ask(first), await ask(second)]).toEqual([ok, ok]);
    expect(await ask(open())).toBe('');
    expect(await ask(open())).toBe('');
    expect(await ask(open('127.0.0.2'))).toBe(ok);
    // As one line, however many there were.
    expect(lines.map(({ of }) => of)).toEqual(['address']);
    const gone = once(first, 'close');
    first.destroy();
    await gone;
    await expect.poll(() => ask(open())).toBe(ok);
  });

  it('are any number where it is that of a trusted proxy', async () => {
    const { open, ask } = await setUp({
      ...{ bounds, trustedProxies: new TrustedProxies(['127.0.0.1']) },
    });
    const answers = await Promise.all([open(), open(), open()].map(ask));
    expect(answers).toEqual([ok, ok, ok]);
  });
});

describe('all connections', () => {
  it('are so many at a time, whoever comes', async () => {
    const { open, ask, lines } = await setUp({ bounds: { perAddress: 100, all: 2 } });
    expect(await ask(open())).toBe(ok);
    expect(await ask(open('127.0.0.2'))).toBe(ok);
    expect(await ask(open('127.0.0.3'))).toBe('');
    expect(lines.map(({ of }) => of)).toEqual(['all']);
  });
});

describe('a connection that says nothing', () => {
  const soon = { ...httpTimes, headers_ms: 50, request_ms: 50, check_ms: 10 };

  it.each([
    ['at all', ''],
    ['after the beginning of its request', 'GET /healthz HTTP/1.1\r\nHost: h'],
  ])('%s is closed', { timeout: soonest_ms }, async (_when, beginning) => {
    const { open } = await setUp({ times: soon });
    const socket = open();
    socket.resume();
    const closed = once(socket, 'close');
    socket.write(beginning);
    await closed;
  });

  it('after its answer is closed', async () => {
    const { open, ask } = await setUp({ times: { ...httpTimes, idle_ms: 50 } });
    const socket = open();
    expect(await ask(socket)).toBe(ok);
    await once(socket, 'close');
  });
});
