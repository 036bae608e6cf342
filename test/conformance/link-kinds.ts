import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { dialWebSocket, WebSocketLink } from '../../nodes/link/websocket-link.ts';
import type { ZmqSockets } from '../../nodes/link/zmq-sockets.ts';
import { systemClock } from '../../protocol/clock.ts';
import type { Link } from '../../protocol/link.ts';
import { FaultyLink } from '../fakes/faulty-link.ts';
import { memoryLinkPair } from '../fakes/memory-link.ts';
import { newPeer } from '../support/peer.ts';
import { testSockets, twoMembers } from '../support/zmq.ts';

/** Two ends of one link, and what has to be put away after the test. */
export interface LinkPair {
  /** The side that dialled. */
  left: Link;
  /** The side that was called. */
  right: Link;
  dispose(): Promise<void>;
}

const clock = systemClock;

/** `end`: what there is to do when the links are closed. */
async function zmqLinks(here: ZmqSockets, there: ZmqSockets, end: () => void): Promise<LinkPair> {
  const accepted = Promise.withResolvers<Link>();
  const listener = await there.listen({
    ip: '127.0.0.1',
    onLink: (link) => accepted.resolve(link),
  });
  const to = { nodeId: 'us-east-1', endpoint: listener.endpoint };
  const left = here.dial({ to, hello: '{}', name: 'zmq' });
  const right = await accepted.promise;
  return {
    left,
    right,
    async dispose() {
      left.close();
      await listener.close();
      end();
    },
  };
}

async function zmqPair(): Promise<LinkPair> {
  const [here, there] = await twoMembers();
  return await zmqLinks(here.zmq, there.zmq, () => {
    here.close();
    there.close();
  });
}

async function localPair(): Promise<LinkPair> {
  const localDir = mkdtempSync(join(tmpdir(), 'rizoma-ipc-'));
  const node = await testSockets({}, { nodeId: 'us-east-1', region: 'us-east', localDir });
  return await zmqLinks(node.zmq, node.zmq, () => {
    node.close();
    rmSync(localDir, { recursive: true });
  });
}

async function webSocketPair(): Promise<LinkPair> {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  const accepted = Promise.withResolvers<Link>();
  server.on('connection', (socket) =>
    accepted.resolve(WebSocketLink.create({ clock, socket }, { name: 'accepted' })),
  );
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const left = dialWebSocket({ clock }, { url: `ws://127.0.0.1:${port}`, headers: {}, name: 'ws' });
  const right = await accepted.promise;
  return {
    left,
    right,
    async dispose() {
      left.close();
      right.close();
      server.close();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

async function peerPair(): Promise<LinkPair> {
  const accepted = Promise.withResolvers<Link>();
  const [here, there] = [await newPeer(), await newPeer()];
  here.members.add(there.peer.peerId);
  there.members.add(here.peer.peerId);
  await there.peer.serve((_peerId, link) => accepted.resolve(link));
  const left = await here.peer.dial(there.peer);
  return {
    left,
    right: await accepted.promise,
    async dispose() {
      await here.peer.close();
      await there.peer.close();
    },
  };
}

/** Every kind of link there is; the suites run over each. */
export const linkKinds: Record<string, () => Promise<LinkPair>> = {
  MemoryLink() {
    const [left, right] = memoryLinkPair();
    return Promise.resolve({ left, right, dispose: () => Promise.resolve() });
  },
  FaultyLink() {
    const [left, right] = memoryLinkPair();
    const faulty = new FaultyLink({ link: left, clock });
    return Promise.resolve({ left: faulty, right, dispose: () => Promise.resolve() });
  },
  ZmqLink: zmqPair,
  'ZmqLink within a host': localPair,
  PeerLink: peerPair,
  WebSocketLink: webSocketPair,
};
