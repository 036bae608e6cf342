import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { newCurveKeyPair } from '../../nodes/link/zmq-curve.ts';
import type { Link, LinkEnd } from '../../protocol/link.ts';
import { memberKey, testSockets } from '../support/zmq.ts';

const own = newCurveKeyPair();
const { zmq } = await testSockets({}, { nodeId: 'test-1', region: 'test', own });
const at = (endpoint: string) => ({ nodeId: 'test-1', endpoint });

function endOf(link: Link): Promise<LinkEnd> {
  return new Promise((resolve) => link.open({ frame: () => undefined, ended: resolve }));
}

test('a link to a process that is not there ends at once', async () => {
  const link = zmq.dial({ to: at('tcp://127.0.0.1:1'), hello: '{}', name: 'nobody' });
  expect(await endOf(link)).toBe('lost');
});

test('a process that cannot be dialled ends its link, and throws nothing at whoever dialled', async () => {
  const noKey = '#'.repeat(40);
  const to = (endpoint: string, nodeId = 'test-1') => ({
    ...{ to: { nodeId, endpoint }, hello: '{}', name: 'not to be dialled' },
  });
  const other = await testSockets({}, { nodeId: 'test-2', region: 'test' });
  other.keyring.replace([memberKey({ nodeId: 'no-key', region: 'test' }, { publicKey: noKey })]);
  const keyless = await testSockets(
    {},
    { nodeId: 'test-1', region: 'test', own: { publicKey: noKey, secretKey: noKey } },
  );
  const links = [
    zmq.dial(to('tcp://-:5')),
    other.zmq.dial(to('tcp://127.0.0.1:5', 'no-key')),
    keyless.zmq.dial(to('tcp://127.0.0.1:5')),
  ];
  expect(await Promise.all(links.map(endOf))).toEqual(['lost', 'lost', 'lost']);
  // One that is known only later.
  const later = endOf(other.zmq.dial(to('tcp://-:5', 'later')));
  other.keyring.replace([memberKey({ nodeId: 'later', region: 'test' }, own)]);
  expect(await later).toBe('lost');
  other.close();
  keyless.close();
});

test('a link to a process that is killed ends at once, and one to its successor works', async () => {
  const process = fork(new URL('./zmq-echo.ts', import.meta.url), { stdio: 'inherit' });
  process.send({ own });
  const [endpoint] = (await once(process, 'message')) as [string];
  const link = zmq.dial({ to: at(endpoint), hello: '{}', name: 'echo' });
  const answered = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<LinkEnd>();
  link.open({ frame: answered.resolve, ended: ended.resolve });
  link.send('ping');
  expect(await answered.promise).toBe('ping');
  const exited = once(process, 'exit');
  process.kill('SIGKILL');
  expect(await ended.promise).toBe('lost');
  // Its port is free once it is gone altogether.
  await exited;

  const port = Number(endpoint.split(':').at(-1));
  const accepted = Promise.withResolvers<string>();
  await using _listener = await zmq.listen({
    ip: '127.0.0.1',
    port,
    onLink: (_link, hello) => accepted.resolve(hello),
  });
  const next = zmq.dial({ to: at(endpoint), hello: '{"again":true}', name: 'successor' });
  expect(await accepted.promise).toBe('{"again":true}');
  next.close();
});

test('a link whose dialler is killed ends on the listening side', async () => {
  const accepted = Promise.withResolvers<Link>();
  await using listener = await zmq.listen({
    ip: '127.0.0.1',
    onLink: (link) => accepted.resolve(link),
  });
  const process = fork(new URL('./zmq-echo.ts', import.meta.url), [listener.endpoint], {
    stdio: 'inherit',
  });
  process.send({ own });
  const ended = endOf(await accepted.promise);
  process.kill('SIGKILL');
  expect(['lost', 'silent']).toContain(await ended);
});
