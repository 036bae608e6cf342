import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { forwarderDefaults } from '../../../../nodes/erizo/input/defaults.ts';
import { Forwarder } from '../../../../nodes/erizo/input/forwarder/forwarder.ts';
import type { ForwarderWaits } from '../../../../nodes/erizo/input/forwarder/parts.ts';
import { parseRemote } from '../../../../nodes/erizo/input/remote.ts';
import type { CameraOptions } from '../../../fakes/rtsp-camera.ts';
import { RtspCamera } from '../../../fakes/rtsp-camera.ts';
import { eventually } from '../../../support/eventually.ts';

const disposals: (() => void)[] = [];
afterEach(() => {
  for (const dispose of disposals.splice(0)) {
    dispose();
  }
});

interface Scene {
  camera: RtspCamera;
  forwarder: Forwarder;
  lines: string[];
}

async function scene(
  options: CameraOptions = {},
  credentials = '',
  waits?: ForwarderWaits,
): Promise<Scene> {
  const camera = await RtspCamera.create(options);
  disposals.push(() => camera.close());
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(line) });
  const url = `rtsp://${credentials}127.0.0.1:${camera.port}/live?token=x`;
  const forwarder = await Forwarder.open({ log }, parseRemote(url, [camera.origin]), waits);
  disposals.push(() => forwarder.close());
  return { camera, forwarder, lines };
}

/** Speaks as ffmpeg does, by hand. */
class Player {
  readonly socket: Socket;
  readonly ended: Promise<void>;
  /** Why it could not connect, or was cut. */
  error: NodeJS.ErrnoException | undefined;
  #heard = '';
  #cseq = 0;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.socket.on('error', (error) => {
      this.error = error;
    });
    this.ended = new Promise((resolve) => this.socket.once('close', () => resolve()));
    this.socket.on('data', (chunk) => {
      this.#heard += chunk.toString('latin1');
    });
    disposals.push(() => this.socket.destroy());
  }

  get heard(): string {
    return this.#heard;
  }

  /** Resolves with all that came once it has the answer, or when the connection has ended. */
  async ask(method: string, url: string): Promise<string> {
    this.#cseq += 1;
    const answer = `CSeq: ${this.#cseq}\r\n`;
    this.socket.write(`${method} ${url} RTSP/1.0\r\n${answer}\r\n`);
    const hasAnswer = (): boolean => this.#heard.includes(answer) && this.#heard.endsWith('\r\n');
    while (!hasAnswer() && !this.socket.closed) {
      const data = new Promise<void>((resolve) => this.socket.once('data', () => resolve()));
      await Promise.race([data, this.ended]);
    }
    return this.#heard;
  }
}

describe('the forwarder of a source of RTSP', () => {
  it('is for who knows its path alone: nobody else makes it ask the source', async () => {
    const { camera, forwarder } = await scene();
    for (const path of ['/', '/live', `${new URL(forwarder.url).pathname}x`]) {
      const stranger = new Player(forwarder.url);
      const heard = await stranger.ask('OPTIONS', new URL(path, forwarder.url).href);
      expect(heard).toBe('');
    }
    expect(camera.connections).toBe(0);
    // Nor did they take anything from who does.
    expect(await new Player(forwarder.url).ask('OPTIONS', forwarder.url)).toContain('200 OK');
    expect(camera.requests).toMatchObject([{ url: `${camera.origin}/live?token=x` }]);
  });

  it('asks with credentials that only the source hears', async () => {
    const credentials = { user: 'ann', password: 'hush' };
    const { camera, forwarder } = await scene({ credentials, scheme: 'Basic' }, 'ann:hush@');
    expect(forwarder.url).not.toContain('hush');
    const heard = await new Player(forwarder.url).ask('DESCRIBE', forwarder.url);
    expect(heard).toContain('200 OK');
    expect(heard).not.toMatch(/WWW-Authenticate|192\.0\.2\.1/i);
    const basic = `Basic ${Buffer.from('ann:hush').toString('base64')}`;
    expect(camera.requests.map(({ authorization }) => authorization)).toEqual(['', basic]);
  });

  it('says in no log what its credentials are', async () => {
    const credentials = { user: 'ann', password: 'other' };
    const { forwarder, lines } = await scene({ credentials }, 'ann:hush@');
    await new Player(forwarder.url).ask('DESCRIBE', forwarder.url);
    expect(forwarder.refusal?.message).toContain('user and password');
    expect(lines.join('')).toContain('unauthorized');
    expect(lines.join('')).not.toMatch(/ann|hush|token/);
  });

  it('never asks another server that a source names', async () => {
    const { camera: other } = await scene();
    const headers = [`Location: ${other.origin}/secret`];
    const redirects: CameraOptions[] = [
      { answers: { OPTIONS: { status: '301 Moved', headers } } },
      { answers: { OPTIONS: { status: '302 Found', headers } } },
      { answers: { OPTIONS: { status: '305 Use Proxy', headers } } },
    ];
    for (const options of redirects) {
      const { forwarder } = await scene(options);
      const player = new Player(forwarder.url);
      expect(await player.ask('OPTIONS', forwarder.url)).toBe('');
      expect(forwarder.refusal).toMatchObject({
        ...{ code: 'forbidden', message: expect.stringContaining('sends elsewhere') },
      });
    }
    const redirect = `REDIRECT * RTSP/1.0\r\nCSeq: 1\r\n${headers[0]}\r\n\r\n`;
    const { forwarder } = await scene({
      answers: { PLAY: { status: '200 OK' } },
      afterPlay: redirect,
    });
    const player = new Player(forwarder.url);
    await player.ask('PLAY', forwarder.url);
    await player.ended;
    expect(forwarder.refusal?.code).toBe('forbidden');
    expect(player.heard).not.toContain('REDIRECT');
    expect(other.connections).toBe(0);
  });

  it('listens for ffprobe, then for ffmpeg, and for nobody after that', async () => {
    const { camera, forwarder } = await scene();
    const players = [];
    for (let count = 0; count < forwarderDefaults.rtspPlayers; count += 1) {
      const player = new Player(forwarder.url);
      expect(await player.ask('OPTIONS', forwarder.url)).toContain('200 OK');
      players.push(player);
    }
    const late = new Player(forwarder.url);
    await late.ended;
    expect(late.error?.code).toBe('ECONNREFUSED');
    expect(await players[1]?.ask('OPTIONS', forwarder.url)).toContain('CSeq: 2');
    expect(camera.connections).toBe(forwarderDefaults.rtspPlayers);
  });

  it('leaves nothing behind when it is closed, nor when its player is gone', async () => {
    const { camera, forwarder } = await scene();
    const player = new Player(forwarder.url);
    await player.ask('OPTIONS', forwarder.url);
    player.socket.destroy();
    const viewers = async (): Promise<number> => camera.viewers;
    await eventually('no viewer', viewers, (count) => count === 0);
    const second = new Player(forwarder.url);
    await second.ask('OPTIONS', forwarder.url);
    forwarder.close();
    await second.ended;
    await eventually('no viewer', viewers, (count) => count === 0);
    const late = new Player(forwarder.url);
    await late.ended;
    expect(late.error?.code).toBe('ECONNREFUSED');
    expect(forwarder.refusal).toBeUndefined();
  });

  it('gives up a source that is silent, and a stranger that is', async () => {
    const waits = { connect_ms: 5_000, silence_ms: 5_000, first_ms: 5_000 };
    const strange = await scene({}, '', { ...waits, first_ms: 50 });
    await new Player(strange.forwarder.url).ended;
    expect([strange.camera.connections, strange.forwarder.refusal]).toEqual([0, undefined]);
    const { forwarder } = await scene({}, '', { ...waits, silence_ms: 50 });
    const player = new Player(forwarder.url);
    await player.ask('OPTIONS', forwarder.url);
    await player.ended;
    expect(forwarder.refusal?.message).toBe('the source sent nothing in time');
  });

  it('ends with the source, and says of one that is not there that it is not', async () => {
    const { camera, forwarder } = await scene();
    const player = new Player(forwarder.url);
    await player.ask('OPTIONS', forwarder.url);
    camera.close();
    await player.ended;
    const second = new Player(forwarder.url);
    expect(await second.ask('OPTIONS', forwarder.url)).toBe('');
    expect(forwarder.refusal?.message).toBe('the source cannot be reached');
  });
});
