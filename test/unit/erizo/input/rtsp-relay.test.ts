import { describe, expect, it } from 'vitest';
import { forwarderDefaults } from '../../../../nodes/erizo/input/defaults.ts';
import { Authorizer } from '../../../../nodes/erizo/input/forwarder/authorizer.ts';
import { SourceRefused } from '../../../../nodes/erizo/input/forwarder/refusal.ts';
import type {
  RtspFrame,
  RtspHeaders,
} from '../../../../nodes/erizo/input/forwarder/rtsp-message.ts';
import { RtspParser } from '../../../../nodes/erizo/input/forwarder/rtsp-message.ts';
import type { Outgoing } from '../../../../nodes/erizo/input/forwarder/rtsp-relay.ts';
import { RtspRelay } from '../../../../nodes/erizo/input/forwarder/rtsp-relay.ts';

const local = 'rtsp://127.0.0.1:5555/path';
const remote = 'rtsp://camera.example.org:554/live?x=1';
const tcp = 'RTP/AVP/TCP;unicast;interleaved=0-1';

/** A relay between a player and a source whose words are written here. */
class Talk {
  readonly #relay: RtspRelay;
  #cseq = 0;

  constructor(authorizer?: Authorizer) {
    this.#relay = new RtspRelay({ local, remote, authorizer });
  }

  /** What comes of a request of the player. */
  ask(method: string, url = local, headers: RtspHeaders = []): Heard {
    this.#cseq += 1;
    const cseq = ['cseq', String(this.#cseq)] as const;
    const body = Buffer.alloc(0);
    const asked = { type: 'request', method, url, headers: [cseq, ...headers], body } as const;
    return heard(this.#relay.fromPlayer(asked));
  }

  /** What comes of an answer of the source, by default to the last that it was asked. */
  answer(status: number, headers: RtspHeaders = [], body = '', cseq?: string): Heard {
    const all = [['cseq', cseq ?? String(this.#asked)] as const, ...headers];
    const bytes = Buffer.from(body);
    return this.say({ type: 'response', status, headers: all, body: bytes });
  }

  say(frame: RtspFrame): Heard {
    return heard(this.#relay.fromSource(frame));
  }

  /** Asks, and has the source agree. */
  both(method: string, url = local, headers: RtspHeaders = [], answer: RtspHeaders = []): Heard {
    this.#asked = Number(this.ask(method, url, headers).of('cseq'));
    return this.answer(200, answer);
  }

  #asked = 1;

  describe(sdp: string, contentBase?: string): string {
    this.#asked = Number(this.ask('DESCRIBE').of('cseq'));
    const base: RtspHeaders = contentBase === undefined ? [] : [['content-base', contentBase]];
    return this.answer(200, base, sdp).frame?.body.toString() ?? '';
  }
}

interface Heard {
  to: string | undefined;
  frame: Exclude<RtspFrame, { type: 'media' }> | undefined;
  of: (name: string) => string | undefined;
}

function heard(outgoing: readonly Outgoing[]): Heard {
  expect(outgoing.length).toBeLessThanOrEqual(1);
  const [first] = outgoing;
  const [frame] = first === undefined ? [] : new RtspParser().push(first.bytes);
  if (frame?.type === 'media') {
    throw new Error('media where a message was expected');
  }
  const of = (name: string) => frame?.headers.find(([one]) => one === name)?.[1];
  return { to: first?.to, frame, of };
}

const reasonOf = (run: () => unknown): string => {
  try {
    run();
  } catch (thrown) {
    return thrown instanceof SourceRefused ? thrown.reason : String(thrown);
  }
  return 'none';
};

const controlsOf = (sdp: string): string[] =>
  [...sdp.matchAll(/^a=control:(.*?)\r$/gm)].map(([, url = '']) => url);

const twoTracks = (first: string, second: string): string =>
  ['v=0', 'm=video 0 RTP/AVP 96', first, 'm=audio 0 RTP/AVP 97', second, ''].join('\r\n');

describe('the relay between ffmpeg and an RTSP source', () => {
  it('asks the source for its own URL, and says nothing to it that it does not need', () => {
    const headers: RtspHeaders = [
      ['accept', 'application/sdp'],
      ['user-agent', 'Lavf'],
      ['authorization', 'Basic abc'],
      ['x-other', '1'],
    ];
    const { to, frame, of } = new Talk().ask('DESCRIBE', local, headers);
    expect(to).toBe('source');
    expect(frame).toMatchObject({ method: 'DESCRIBE', url: remote });
    expect(of('accept')).toBe('application/sdp');
    expect(frame?.headers.map(([name]) => name)).toEqual(['cseq', 'user-agent', 'accept']);
  });

  it.each([
    ['RECORD', local, [], 501],
    ['PLAY', `${local}x`, [], 404],
    ['PLAY', 'rtsp://elsewhere.example/', [], 404],
    ['SETUP', local, [['transport', 'RTP/AVP;unicast;client_port=5000-5001']], 461],
    ['SETUP', local, [['transport', 'x-pn-tng/tcp;interleaved=0-1']], 461],
  ] as const)('does not pass on %s %s %j', (method, url, headers, status) => {
    const { to, frame } = new Talk().ask(method, url, headers);
    expect([to, frame]).toMatchObject(['player', { status }]);
  });

  it('lets no more requests wait than 8', () => {
    const talk = new Talk();
    for (let asked = 0; asked < forwarderDefaults.pending; asked += 1) {
      expect(talk.ask('OPTIONS').to).toBe('source');
    }
    expect(talk.ask('OPTIONS')).toMatchObject({ to: 'player', frame: { status: 501 } });
  });

  it('gives ffmpeg URLs of its own for whatever the source names, and finds those again', () => {
    const talk = new Talk();
    const sdp = twoTracks('a=control:rtsp://192.0.2.1:8554/t=1', 'a=control:t=2');
    const controls = controlsOf(talk.describe(sdp, 'rtsp://192.0.2.1/inner'));
    expect(controls).toEqual([`${local}/all`, `${local}/0`, `${local}/1`]);
    const [all = '', first = '', second = ''] = controls;
    const asked = (url: string) => talk.ask('SETUP', url, [['transport', tcp]]).frame;
    expect(asked(first)).toMatchObject({ url: 'rtsp://192.0.2.1:8554/t=1' });
    expect(asked(second)).toMatchObject({ url: 'rtsp://192.0.2.1/inner/t=2' });
    expect(talk.ask('PLAY', all).frame).toMatchObject({ url: 'rtsp://192.0.2.1/inner' });
  });

  it.each([
    ['v=0\r\na=control:rtsp://a/agg/', undefined, 'rtsp://a/agg/', 'rtsp://a/agg/1'],
    ['v=0\r\na=control:*', 'rtsp://b/', 'rtsp://b/', 'rtsp://b/1'],
    ['v=0', undefined, remote, `${remote}/1`],
    ['v=0\r\na=control:', 'http://c/', remote, `${remote}/1`],
  ])('takes URLs from %j and the base %s', (session, base, aggregate, track) => {
    const talk = new Talk();
    talk.describe(`${session}\r\nm=video 0 RTP/AVP 96\r\na=control:1\r\n`, base);
    expect(talk.ask('PLAY', `${local}/all`).frame).toMatchObject({ url: aggregate });
    expect(talk.ask('SETUP', `${local}/0`).frame).toMatchObject({ url: track });
  });

  it('passes on of a description what ffmpeg needs, and none of its addresses', () => {
    const said = [
      ...['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=Front door', 'u=http://evil.example/'],
      ...['c=IN IP4 224.2.0.1/32', 'm=video 0 RTP/AVP 96', 'c=IN IP4 224.2.0.2/32'],
      ...['a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=1', 'a=control:1'],
      'a=source-filter: incl IN IP4 * 192.0.2.1',
    ].join('\n');
    const passed = new Talk().describe(said);
    expect(passed).toContain('a=fmtp:96 packetization-mode=1\r\n');
    expect(passed).toContain('m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n');
    expect(passed).not.toMatch(/192\.0|224\.|evil|Front/);
  });

  it.each([
    ['many tracks', `v=0\r\n${'m=video 0 RTP/AVP 96\r\n'.repeat(forwarderDefaults.tracks + 1)}`],
    ['a URL with a space', 'v=0\r\nm=video 0 RTP/AVP 96\r\na=control:a b\r\n'],
  ])('gives up a source that describes %s', (_what, sdp) => {
    expect(reasonOf(() => new Talk().describe(sdp))).toBe('malformed');
  });

  it('says of answers what ffmpeg needs', () => {
    const talk = new Talk();
    talk.describe(twoTracks('a=control:1', 'a=control:2'), 'rtsp://a/');
    const setup = talk.both(
      'SETUP',
      `${local}/0`,
      [['transport', tcp]],
      [
        ['transport', `${tcp};source=192.0.2.1;ssrc=1`],
        ['session', '47;timeout=60'],
        ['server', 'WMServer/9'],
        ['location', 'rtsp://evil.example/'],
      ],
    );
    expect(setup.frame?.headers).toEqual([
      ['cseq', '2'],
      ['session', '47;timeout=60'],
      ['transport', tcp],
    ]);
    const info = 'url=rtsp://a/1;seq=17;rtptime=4711;x=1,url=2;seq=18, url=rtsp://b/;seq=1';
    const play = talk.both('PLAY', `${local}/all`, [], [['rtp-info', info]]);
    expect(play.of('rtp-info')).toBe(`url=${local}/0;seq=17;rtptime=4711,url=${local}/1;seq=18`);
    expect(
      talk.both('PLAY', `${local}/all`, [], [['rtp-info', 'x']]).of('rtp-info'),
    ).toBeUndefined();
  });

  it.each([
    'RTP/AVP;unicast;client_port=1-2',
    'RTP/AVP/TCP;unicast',
    'x-pn-tng/tcp;interleaved=0-1',
  ])('gives up a source that sends over %s', (transport) => {
    const talk = new Talk();
    const setup = () => talk.both('SETUP', local, [['transport', tcp]], [['transport', transport]]);
    expect(reasonOf(setup)).toBe('transport');
  });

  it.each([
    [302, 'elsewhere'],
    [305, 'elsewhere'],
    [401, 'unauthorized'],
    [404, 'missing'],
    [461, 'transport'],
    [500, 'failed'],
  ])('gives up a source that answers %i, as %s', (status, reason) => {
    const talk = new Talk();
    talk.ask('OPTIONS');
    expect(reasonOf(() => talk.answer(status, [['location', 'rtsp://elsewhere.example/']]))).toBe(
      reason,
    );
  });

  it('lets a source that plays refuse a keep-alive, and redirect nobody even then', () => {
    const talk = new Talk();
    talk.both('PLAY');
    talk.ask('GET_PARAMETER');
    expect(talk.answer(501, [], '', '2').frame).toMatchObject({ status: 501 });
    talk.ask('GET_PARAMETER');
    expect(reasonOf(() => talk.answer(302, [], '', '3'))).toBe('elsewhere');
  });

  it('takes nothing for an answer that answers nothing', () => {
    const talk = new Talk();
    expect(talk.answer(302, [], '', '7').to).toBeUndefined();
    talk.ask('OPTIONS');
    expect(talk.answer(100).to).toBeUndefined();
    expect(talk.answer(200).to).toBe('player');
    expect(talk.answer(200).to).toBeUndefined();
  });

  it.each([
    ['OPTIONS', 200],
    ['GET_PARAMETER', 200],
    ['ANNOUNCE', 501],
  ])('answers %s of the source itself', (method, status) => {
    const request = { type: 'request', method, url: remote, body: Buffer.alloc(0) } as const;
    const answer = new Talk().say({ ...request, headers: [['cseq', '9']] });
    expect([answer.to, answer.frame, answer.of('cseq')]).toMatchObject(['source', { status }, '9']);
  });

  it('gives up a source that asks to go elsewhere', () => {
    const headers: RtspHeaders = [['location', 'rtsp://elsewhere.example/']];
    const body = Buffer.alloc(0);
    const redirect = { type: 'request', method: 'REDIRECT', url: remote, headers, body } as const;
    expect(reasonOf(() => new Talk().say(redirect))).toBe('elsewhere');
  });

  it('asks again with credentials, of which ffmpeg hears nothing', () => {
    const talk = new Talk(new Authorizer({ user: 'ann', password: 'secret' }));
    expect(talk.ask('OPTIONS').of('authorization')).toBeUndefined();
    const challenge = (nonce: string): RtspHeaders => [
      ['www-authenticate', 'Basic realm="x"'],
      ['www-authenticate', `Digest realm="x", nonce="${nonce}"`],
    ];
    const again = talk.answer(401, challenge('1'));
    expect(again.to).toBe('source');
    expect(again.of('authorization')).toContain('username="ann"');
    const answer = talk.answer(200, [['www-authenticate', 'Basic realm="x"']], '', '2');
    expect(answer.frame?.headers).toEqual([['cseq', '1']]);
    // From now on at once, and under a new nonce when the old one has ended.
    expect(talk.ask('DESCRIBE').of('authorization')).toContain('nonce="1"');
    expect(talk.answer(401, challenge('2'), '', '3').of('authorization')).toContain('nonce="2"');
    expect(reasonOf(() => talk.answer(401, challenge('2'), '', '4'))).toBe('unauthorized');
  });

  it('passes media on as it is, in both directions', () => {
    const relay = new RtspRelay({ local, remote, authorizer: undefined });
    const frame = { type: 'media', bytes: Buffer.from([0x24, 0, 0, 1, 7]) } as const;
    expect(relay.fromSource(frame)).toEqual([{ to: 'player', bytes: frame.bytes }]);
    expect(relay.fromPlayer(frame)).toEqual([{ to: 'source', bytes: frame.bytes }]);
  });
});
