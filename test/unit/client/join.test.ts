import { describe, expect, it } from 'vitest';
import { defaults } from '../../../client/sdk/defaults.ts';
import type { JoinOptions } from '../../../client/sdk/join.ts';
import { joinWith } from '../../../client/sdk/join.ts';
import { encodeToken } from '../../../protocol/token.ts';
import { connectedMessage, FakeControllerSocket } from '../../fakes/fake-controller-socket.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const token = encodeToken({
  tokenId: `${'5'.repeat(24)}.${'6'.repeat(24)}`,
  host: '127.0.1.1:8080',
  secure: false,
  signature: 'c2lnbmVk',
  edge: 'http://edge.test',
  regions: {},
});

const controllers = ['eu-west', 'us-east'].map((region, index) => ({
  host: `127.0.${index + 1}.1:8080`,
  secure: false,
  region,
  ticket: `ticket-${region}`,
}));

const placed = {
  clientId: connectedMessage.clientId,
  roomId: connectedMessage.id,
  controllers,
  reentry: 'proof',
};

function json(body: unknown, status = 200, headers = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

/** Joins with an edge that answers so, and controllers that do so when they are dialled. */
function startJoin(
  answer: (url: string, init?: RequestInit) => Promise<Response>,
  dialled: (socket: FakeControllerSocket, clock: VirtualClock) => void = welcome,
  request: Partial<{ token: string; edge: string }> = {},
  options: JoinOptions = {},
) {
  const clock = new VirtualClock();
  const sockets: FakeControllerSocket[] = [];
  const queries: Record<string, string>[] = [];
  const joined = joinWith(
    {
      clock,
      fetch: answer,
      openSocket: (url, query) => {
        const socket = new FakeControllerSocket(url, query, (opened) => dialled(opened, clock));
        sockets.push(socket);
        queries.push({ ...query });
        return socket;
      },
      newConnection: () => {
        throw new Error('no media here');
      },
      newStream: () => {
        throw new Error('no media here');
      },
      random: () => 0.5,
    },
    { token, ...request },
    options,
  );
  return { joined, sockets, queries, clock };
}

function welcome(socket: FakeControllerSocket): void {
  socket.up();
  socket.tell('connected', connectedMessage);
}

describe('joinWith', () => {
  it('shows the token to its edge and enters the first controller with the ticket', async () => {
    const asked: unknown[] = [];
    const { joined, sockets } = startJoin((url, init) => {
      asked.push([url, init?.method, init?.body]);
      return Promise.resolve(json(placed));
    });
    const room = await joined;
    expect(asked).toEqual([['http://edge.test/join', 'POST', JSON.stringify({ token })]]);
    expect(sockets).toHaveLength(1);
    expect(sockets[0]?.url).toBe('ws://127.0.1.1:8080');
    expect(room).toMatchObject({
      id: connectedMessage.id,
      clientId: connectedMessage.clientId,
      region: 'eu-west',
      controller: '127.0.1.1:8080',
    });
  });

  it('asks another edge where it is told to', async () => {
    const asked: string[] = [];
    const answer = (url: string) => {
      asked.push(url);
      return Promise.resolve(json(placed));
    };
    await startJoin(answer, welcome, { edge: 'https://other.test/' }).joined;
    expect(asked).toEqual(['https://other.test/join']);
  });

  it('says at the controller what it wants to hear of, and how its videos share a connection', async () => {
    const answer = () => Promise.resolve(json(placed));
    const options = { sound: 'levels', strategy: 'speaker' } as const;
    const { joined, queries } = startJoin(answer, welcome, {}, options);
    await joined;
    const wishes = { sound: 'levels', streamPriorityStrategy: 'speaker' };
    expect(queries[0]).toMatchObject(wishes);
    const plain = startJoin(answer);
    await plain.joined;
    for (const name of Object.keys(wishes)) {
      expect(plain.queries[0]).not.toHaveProperty(name);
    }
  });

  it('takes the next controller where the first does not answer in 3 s', async () => {
    const { joined, sockets } = startJoin(
      () => Promise.resolve(json(placed)),
      (socket, clock) => {
        if (socket.url.includes('127.0.1.1')) {
          queueMicrotask(() => clock.advance(defaults.controllerAnswer_ms));
        } else {
          welcome(socket);
        }
      },
    );
    await joined;
    expect(sockets.map(({ state }) => state)).toEqual(['ended', 'open']);
    expect(sockets[1]?.auth).toEqual({ returnKey: connectedMessage.returnKey });
  });

  it('throws the words of the controllers where none takes us', async () => {
    const { joined, sockets } = startJoin(
      () => Promise.resolve(json(placed)),
      (socket, clock) => {
        if (socket.url.includes('127.0.1.1')) {
          socket.refuse('token: ticket_expired: the ticket is too old');
        } else {
          queueMicrotask(() => clock.advance(defaults.controllerAnswer_ms));
        }
      },
    );
    await expect(joined).rejects.toMatchObject({
      name: 'JoinError',
      code: 'ticket_expired',
      message: 'the ticket is too old',
    });
    expect(sockets.map(({ state }) => state)).toEqual(['ended', 'ended']);
  });

  it('throws the code, the words and the patience that the edge asks for', async () => {
    const problem = {
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: 'no node in ap-south',
      code: 'region_empty',
    };
    const { joined } = startJoin(() => Promise.resolve(json(problem, 503, { 'retry-after': '2' })));
    await expect(joined).rejects.toMatchObject({
      code: 'region_empty',
      message: 'no node in ap-south',
      retryAfter_s: 2,
    });
  });

  it.each([
    [
      'an answer that is no problem',
      () => Promise.resolve(new Response('oops', { status: 502 })),
      'internal',
    ],
    ['an answer that does not parse', () => Promise.resolve(json({ controllers: [] })), 'internal'],
    [
      'an edge that is not there',
      () => Promise.reject(new TypeError('Failed to fetch')),
      'link_down',
    ],
  ])('names %s', async (_what, answer, code) => {
    await expect(startJoin(answer).joined).rejects.toMatchObject({ name: 'JoinError', code });
  });

  it('gives an edge up that does not answer', async () => {
    const { joined, clock } = startJoin(
      (_url, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
        }),
    );
    clock.advance(defaults.edgeAnswer_ms);
    await expect(joined).rejects.toMatchObject({ code: 'timeout' });
  });

  it('asks nobody about a token that is none', async () => {
    const asked: string[] = [];
    const answer = (url: string) => {
      asked.push(url);
      return Promise.resolve(json(placed));
    };
    const { joined } = startJoin(answer, welcome, { token: 'nonsense' });
    await expect(joined).rejects.toMatchObject({ name: 'JoinError', code: 'token_malformed' });
    expect(asked).toEqual([]);
  });

  it('follows the streams of the room, and is told why the room ended', async () => {
    const { joined, sockets } = startJoin(() => Promise.resolve(json(placed)));
    const room = await joined;
    const heard: string[] = [];
    room.on('stream-added', ({ id }) => heard.push(`added ${id}`));
    room.on('stream-removed', ({ id }) => heard.push(`removed ${id}`));
    room.on('disconnected', ({ reason, code }) => heard.push(`${code}: ${reason}`));
    const id = '123456789012345678';
    const stream = { id, audio: true, video: true, data: false, screen: false, label: 'l' };
    const [socket] = sockets;
    socket?.tell('onAddStream', { ...stream, attributes: {}, region: 'us-east' });
    socket?.tell('onAddStream', { ...stream, attributes: {}, region: 'us-east' });
    expect(room.streams.get(id)).toMatchObject({ region: 'us-east', kinds: ['audio', 'video'] });
    socket?.tell('onAddStream', { id: 'bad' });
    socket?.tell('somethingNewer', { id });
    socket?.tell('onRemoveStream', { id });
    socket?.tell('room_ended', { code: 'not_found', message: 'the room was deleted' });
    socket?.down('io server disconnect', true);
    expect(heard).toEqual([`added ${id}`, `removed ${id}`, 'not_found: the room was deleted']);
    expect(socket?.state).toBe('ended');
  });
});
