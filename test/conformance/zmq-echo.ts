import { dialZmq } from '../../nodes/link/zmq-dialer.ts';
import { ZmqListener } from '../../nodes/link/zmq-listener.ts';
import { systemClock } from '../../protocol/clock.ts';

/** A process to be killed: it dials the endpoint that it is given, else listens and echoes. */
const clock = systemClock;
const endpoint = process.argv[2];
if (endpoint === undefined) {
  const listener = await ZmqListener.create(
    { clock },
    {
      ip: '127.0.0.1',
      onLink: (link) => link.open({ frame: (text) => link.send(text), ended: () => undefined }),
    },
  );
  process.send?.(listener.endpoint);
} else {
  const link = dialZmq({ clock }, { endpoint, hello: '{}', name: 'doomed' });
  link.open({ frame: () => undefined, ended: () => undefined });
}
