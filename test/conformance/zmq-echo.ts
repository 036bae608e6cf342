import { once } from 'node:events';
import { testSockets } from '../support/zmq.ts';

/**
 * A process to be killed, with the key and the folder for sockets that it is sent: it dials the endpoint that it
 * is given, else listens and echoes.
 */
const endpoint = process.argv[2];
const [{ own, localDir }] = await once(process, 'message');
const { zmq } = await testSockets({}, { nodeId: 'test-1', region: 'test', own, localDir });
if (endpoint === undefined) {
  const listener = await zmq.listen({
    ip: '127.0.0.1',
    onLink: (link) => link.open({ frame: (text) => link.send(text), ended: () => undefined }),
  });
  process.send?.(listener.endpoint);
} else {
  const link = zmq.dial({ to: { nodeId: 'test-1', endpoint }, hello: '{}', name: 'doomed' });
  link.open({ frame: () => undefined, ended: () => undefined });
}
