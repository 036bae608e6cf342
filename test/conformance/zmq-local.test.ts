import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newCurveKeyPair } from '../../nodes/link/zmq-curve.ts';
import type { ZmqListener } from '../../nodes/link/zmq-listener.ts';
import type { Link, LinkEnd } from '../../protocol/link.ts';
import type { TestSockets } from '../support/zmq.ts';
import { testSockets } from '../support/zmq.ts';

/** Nobody is there (RFC 5737): who is reached at a port of it was not reached over TCP. */
const nowhere = 'tcp://192.0.2.1';
const own = newCurveKeyPair();
const parts: { close(): unknown }[] = [];
let localDir: string;

beforeEach(() => {
  localDir = join(mkdtempSync(join(tmpdir(), 'rizoma-ipc-')), 'ipc');
});

afterEach(async () => {
  for (const part of parts.splice(0).toReversed()) {
    await part.close();
  }
  rmSync(join(localDir, '..'), { recursive: true });
});

function kept<T extends { close(): unknown }>(part: T): T {
  parts.push(part);
  return part;
}

const portOf = (endpoint: string): string => endpoint.split(':').at(-1) ?? '';

async function processOf(nodeId = 'test-1', dir: string | undefined = localDir) {
  const about = { nodeId, region: 'test', ...(nodeId === 'test-1' ? { own } : {}) };
  return kept(await testSockets({}, dir === undefined ? about : { ...about, localDir: dir }));
}

async function echoAt(node: TestSockets, port = 0): Promise<ZmqListener> {
  const onLink = (link: Link): void =>
    link.open({ frame: (text) => link.send(text), ended: () => undefined });
  return kept(await node.zmq.listen({ ip: '127.0.0.1', port, onLink }));
}

function dial(node: TestSockets, endpoint: string, nodeId = 'test-1') {
  const link = kept(node.zmq.dial({ to: { nodeId, endpoint }, hello: '{}', name: 'test' }));
  const answer = Promise.withResolvers<string>();
  const end = Promise.withResolvers<LinkEnd>();
  link.open({ frame: answer.resolve, ended: end.resolve });
  link.send('question');
  return { answer: answer.promise, end: end.promise };
}

describe('processes of one node', () => {
  test('reach each other by sockets that their user alone may use', async () => {
    const [one, other] = [await processOf(), await processOf()];
    const { endpoint } = await echoAt(other);
    expect(await dial(one, `${nowhere}:${portOf(endpoint)}`).answer).toBe('question');
    expect(statSync(localDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(localDir, portOf(endpoint))).mode & 0o777).toBe(0o600);
  });

  test('reach one over TCP that has no socket there, and everybody of other nodes', async () => {
    const [one, old, next] = [await processOf(), await processOf(), await processOf('test-2')];
    const bare = kept(await testSockets({}, { nodeId: 'test-1', region: 'test', own }));
    expect(await dial(one, (await echoAt(bare)).endpoint).answer).toBe('question');
    one.keyring.replace([next.member]);
    next.keyring.replace([one.member]);
    const { endpoint } = await echoAt(next);
    expect(await dial(one, endpoint, 'test-2').answer).toBe('question');
    expect(await dial(old, `${nowhere}:${portOf(endpoint)}`).end).toBe('lost');
  });

  test('are kept apart by their keys there, too', async () => {
    const [one, thief] = [await processOf(), await processOf('test-2')];
    const { endpoint } = await echoAt(one);
    const stranger = kept(await testSockets({}, { nodeId: 'test-1', region: 'test', localDir }));
    expect(await dial(stranger, endpoint).end).toBe('lost');
    expect(await dial(thief, endpoint, 'test-1').end).toBe('lost');
  });

  test('find the successor of one that was killed at the socket that it left', async () => {
    const one = await processOf();
    const killed = fork(new URL('./zmq-echo.ts', import.meta.url), { stdio: 'inherit' });
    killed.send({ own, localDir });
    const [endpoint] = (await once(killed, 'message')) as [string];
    const { answer, end } = dial(one, endpoint);
    expect(await answer).toBe('question');
    const exited = once(killed, 'exit');
    killed.kill('SIGKILL');
    expect(await end).toBe('lost');
    await exited;
    expect(existsSync(join(localDir, portOf(endpoint)))).toBe(true);
    expect(await dial(one, endpoint).end).toBe('lost');
    await echoAt(one, Number(portOf(endpoint)));
    expect(await dial(one, `${nowhere}:${portOf(endpoint)}`).answer).toBe('question');
  });

  test('leave nothing when they end, and whoever starts removes what killed ones left', async () => {
    const one = await processOf();
    const living = await echoAt(one);
    const killed = fork(new URL('./zmq-echo.ts', import.meta.url), { stdio: 'inherit' });
    killed.send({ own, localDir });
    const [endpoint] = (await once(killed, 'message')) as [string];
    const exited = once(killed, 'exit');
    killed.kill('SIGKILL');
    await exited;
    const names = [living.endpoint, endpoint].map(portOf);
    expect(readdirSync(localDir).toSorted()).toEqual(names.toSorted());
    await processOf();
    expect(readdirSync(localDir)).toEqual([portOf(living.endpoint)]);
    await living.close();
    expect(readdirSync(localDir)).toEqual([]);
  });

  test('close a folder that others may enter, and do not start where it is none', async () => {
    mkdirSync(localDir, { mode: 0o755 });
    await processOf();
    expect(statSync(localDir).mode & 0o777).toBe(0o700);
    const file = join(localDir, 'file');
    writeFileSync(file, '');
    await expect(processOf('test-1', file)).rejects.toThrow(
      `sockets cannot be in ${file} (RIZOMA_STATE_DIR)`,
    );
  });

  test('do not start where the path of their sockets would be too long, and say by how much', async () => {
    const long = join(localDir, 'x'.repeat(120 - localDir.length));
    await expect(processOf('test-1', long)).rejects.toThrow(
      `sockets cannot be in ${long}: set RIZOMA_STATE_DIR to a path that is 20 bytes shorter`,
    );
  });
});
