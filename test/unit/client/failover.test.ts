import { describe, expect, it } from 'vitest';
import { defaults } from '../../../client/sdk/defaults.ts';
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
const { clientId, id: roomId } = connectedMessage;

const stream = {
  ...{ id: '1'.repeat(18), label: '1'.repeat(18) },
  ...{ audio: true, video: true, data: false, screen: false },
};

/** A client that has joined, with an edge and controllers in the hands of a test. */
async function world() {
  const clock = new VirtualClock();
  const sockets: FakeControllerSocket[] = [];
  const asked: string[] = [];
  const answers: (() => Response | Promise<Response>)[] = [];
  const placed = () => Response.json({ clientId, roomId, controllers, reentry: 'proof' });
  const dead = new Set<string>();
  /** What is recorded, as the controllers of a region say it to who comes. */
  const recordings = new Map<string, { id: string; streamId: string }[]>();
  /** The streams of the room, as a controller says them to who comes. */
  const streams: object[] = [];
  /** Controllers whose answers the test gives. */
  const slow = new Set<string>();
  const room = await joinWith(
    {
      clock,
      random: () => 1,
      fetch: (url, init) => {
        asked.push(`${url} ${typeof init?.body === 'string' ? init.body : ''}`);
        return Promise.resolve((answers.shift() ?? placed)());
      },
      openSocket: (url, query) => {
        const socket = new FakeControllerSocket(url, query, (opened) => {
          if (dead.has(url)) {
            opened.failed();
          } else if (!slow.has(url)) {
            opened.up();
            const region = url.includes('127.0.1.1') ? 'eu-west' : 'us-east';
            const running = { recordings: recordings.get(region) ?? [] };
            opened.tell('connected', {
              ...connectedMessage,
              region,
              streams: [...streams],
              ...running,
            });
          }
        });
        sockets.push(socket);
        return socket;
      },
      newConnection: () => {
        throw new Error('no media here');
      },
      newStream: () => {
        throw new Error('no media here');
      },
    },
    { token },
    {},
  );
  const heard: string[] = [];
  room.on('reconnecting', ({ reason }) => heard.push(`reconnecting: ${reason}`));
  room.on('reconnected', () => heard.push('reconnected'));
  room.on('moved', ({ region }) => heard.push(`moved: ${region}`));
  room.on('disconnected', ({ code }) => heard.push(`disconnected: ${code}`));
  const [first] = sockets;
  if (first === undefined) {
    throw new Error('no controller was dialled');
  }
  room.on('recording-started', ({ streamId }) => heard.push(`recording ${streamId}`));
  room.on('recording-ended', ({ streamId }) => heard.push(`recorded ${streamId}`));
  return { room, clock, sockets, asked, answers, dead, slow, heard, first, recordings, streams };
}

/** Lets what was answered be taken. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) {
    await Promise.resolve();
  }
}

function refusal(code: string, status: number): Response {
  const problem = { type: 'about:blank', title: '', status, detail: 'words', code };
  return new Response(JSON.stringify(problem), { status });
}

describe('a client that lost its controller', () => {
  it('goes to another one for the same client id when the controller cannot be dialled', async () => {
    const { room, first, asked, sockets, heard } = await world();
    first.down('transport close');
    expect(heard).toEqual(['reconnecting: transport close']);
    first.failed();
    await settle();
    expect(asked.at(-1)).toBe('http://edge.test/rejoin {"reentry":"proof"}');
    expect(sockets.map(({ url, state }) => [url, state])).toEqual([
      ['ws://127.0.1.1:8080', 'ended'],
      ['ws://127.0.2.1:8080', 'open'],
    ]);
    expect(sockets[1]?.query).toEqual({ plan: 'dual' });
    expect(room).toMatchObject({ clientId, region: 'us-east', controller: '127.0.2.1:8080' });
    expect(heard.slice(1)).toEqual(['reconnected', 'moved: us-east']);
  });

  it('knows what has become of a stream, by its controller and by the next one', async () => {
    const { room, first, streams } = await world();
    const said = { ...stream, attributes: { hand: 'down' }, region: 'eu-west' };
    first.tell('onAddStream', said);
    const remote = room.streams.get(stream.id);
    const heard: string[] = [];
    remote?.on('changed', ({ changes }) => heard.push(changes.join(' ')));
    first.tell('stream_changed', said);
    first.tell('stream_changed', { ...said, attributes: { hand: 'up' } });
    expect(remote?.attributes).toEqual({ hand: 'up' });
    streams.push({ ...said, attributes: { hand: 'both' }, region: 'us-east' });
    first.down('transport close');
    first.failed();
    await settle();
    expect(room.streams.get(stream.id)).toBe(remote);
    expect([remote?.attributes, remote?.region]).toEqual([{ hand: 'both' }, 'us-east']);
    expect(heard).toEqual(['attributes', 'attributes region']);
  });

  it('knows at the other one what is recorded there, and what is no more', async () => {
    const { room, first, recordings, heard } = await world();
    expect(room.isRecording).toBe(false);
    const [old, going] = ['1', '2'].map((digit) => ({
      id: digit.repeat(18),
      streamId: `3${digit.repeat(17)}`,
    }));
    first.tell('recording_started', old);
    first.tell('recording_started', going);
    expect([...room.recordings.values()]).toEqual([old, going]);
    recordings.set('us-east', going === undefined ? [] : [going]);
    first.down('transport close');
    first.failed();
    await settle();
    expect(heard.filter((words) => words.startsWith('record'))).toEqual([
      `recording ${old?.streamId}`,
      `recording ${going?.streamId}`,
      `recorded ${old?.streamId}`,
    ]);
    expect(room.isRecording).toBe(true);
  });

  it('stays where it is when its controller is back at once', async () => {
    const { room, first, clock, asked, heard } = await world();
    first.down('transport close');
    first.up();
    clock.advance(defaults.redial_ms);
    await settle();
    expect(asked).toHaveLength(1);
    expect(room.region).toBe('eu-west');
    expect(heard).toEqual(['reconnecting: transport close', 'reconnected']);
  });

  it('dials a controller anew that does not say that it lives, and then goes elsewhere', async () => {
    const { room, first, clock } = await world();
    clock.advance(defaults.heartbeat_ms + defaults.heartbeatAnswer_ms);
    expect(first.redialled).toBe(0);
    first.silent = true;
    clock.advance(defaults.heartbeat_ms + defaults.heartbeatAnswer_ms);
    expect(first.redialled).toBe(1);
    clock.advance(defaults.redial_ms);
    await settle();
    expect(room.region).toBe('us-east');
  });

  it('dials no other controller when the old one is back before the edge has answered', async () => {
    const { room, first, answers, sockets } = await world();
    const answer = Promise.withResolvers<Response>();
    answers.push(() => answer.promise);
    first.down('transport close');
    first.failed();
    first.up();
    answer.resolve(Response.json({ clientId, roomId, controllers, reentry: 'proof' }));
    await settle();
    expect(room.region).toBe('eu-west');
    expect(sockets.map(({ state }) => state)).toEqual(['open']);
  });

  it.each(['which ends it there', 'which has not noticed'])(
    'is where the other controller takes it, though the old one comes back meanwhile, %s',
    async (how) => {
      const { room, first, slow, sockets, heard, clock } = await world();
      slow.add('ws://127.0.2.1:8080');
      first.down('transport close');
      first.failed();
      await settle();
      first.up();
      if (how === 'which ends it there') {
        first.tell('room_ended', { code: 'conflict', message: 'you joined again elsewhere' });
        first.down('io server disconnect', true);
      }
      await settle();
      expect(heard.some((words) => words.startsWith('disconnected'))).toBe(false);
      sockets[1]?.up();
      sockets[1]?.tell('connected', { ...connectedMessage, region: 'us-east' });
      await settle();
      expect(room.region).toBe('us-east');
      expect(heard.at(-1)).toBe('moved: us-east');
      expect(sockets.map(({ state }) => state)).toEqual(['ended', 'open']);
      room.leave();
      expect(clock.pending).toBe(0);
    },
  );

  it('stays with the old controller, back meanwhile, where the other one does not take it', async () => {
    const { room, first, slow, sockets, heard } = await world();
    slow.add('ws://127.0.2.1:8080');
    first.down('transport close');
    first.failed();
    await settle();
    first.up();
    sockets[1]?.refuse('token: ticket_expired: the ticket is too old');
    await settle();
    expect(room.region).toBe('eu-west');
    expect(heard).toEqual(['reconnecting: transport close', 'reconnected']);
  });

  it('goes by the tickets of before where the edge is away too', async () => {
    const { room, first, answers } = await world();
    answers.push(() => Promise.reject(new TypeError('Failed to fetch')));
    first.down('transport close');
    first.failed();
    await settle();
    expect(room.region).toBe('us-east');
  });

  it('says why it is not in the room, and comes back when its region does', async () => {
    const { room, first, answers, clock, heard, asked } = await world();
    answers.push(...[1, 2].map(() => () => refusal('region_empty', 503)));
    first.down('transport close');
    first.failed();
    await settle();
    expect(heard.at(-1)).toBe('reconnecting: words');
    clock.advance(defaults.firstRound_ms);
    await settle();
    expect(asked).toHaveLength(3);
    clock.advance(2 * defaults.firstRound_ms);
    await settle();
    expect(heard.slice(-2)).toEqual(['reconnected', 'moved: us-east']);
    room.leave();
    expect(clock.pending).toBe(0);
  });

  it.each(['forbidden', 'token_revoked', 'not_found'])(
    'is out of the room where it is refused with %s',
    async (code) => {
      const { first, answers, heard, clock } = await world();
      answers.push(() => refusal(code, 403));
      first.down('transport close');
      first.failed();
      await settle();
      expect(heard.at(-1)).toBe(`disconnected: ${code}`);
      expect(clock.pending).toBe(0);
    },
  );

  it('gives up in the end', async () => {
    const { first, answers, heard, clock, asked } = await world();
    answers.push(...Array.from({ length: 200 }, () => () => refusal('region_empty', 503)));
    first.down('transport close');
    first.failed();
    for (let waited_ms = 0; waited_ms <= defaults.failover_ms; waited_ms += 4_000) {
      await settle();
      clock.advance(defaults.longestRound_ms);
    }
    await settle();
    expect(heard.at(-1)).toBe('disconnected: region_empty');
    expect(asked.length).toBeLessThan(90);
  });

  it('goes elsewhere when the controller says that it closes', async () => {
    const { room, first } = await world();
    first.tell('room_ended', { code: 'unavailable', message: 'this controller is closing' });
    first.down('io server disconnect', true);
    await settle();
    expect(room.region).toBe('us-east');
  });

  it('is asked to go elsewhere, does so within that time, and stays where nobody takes it', async () => {
    const { room, first, clock, answers, heard } = await world();
    answers.push(() => refusal('forbidden', 403));
    first.tell('move', { within_ms: 1_000 });
    clock.advance(1_000);
    await settle();
    expect(room.region).toBe('eu-west');
    first.tell('move', { within_ms: 1_000 });
    clock.advance(999);
    await settle();
    expect(room.region).toBe('eu-west');
    clock.advance(1);
    await settle();
    expect(room.region).toBe('us-east');
    expect(heard).toEqual(['moved: us-east']);
    expect(first.of('clientDisconnection')).toHaveLength(1);
  });
});
