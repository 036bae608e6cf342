import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InputSource } from '../../../protocol/contracts/external-media.ts';
import { newHexId, newStreamId, newUuid } from '../../../protocol/ids.ts';
import type { CameraOptions } from '../../fakes/rtsp-camera.ts';
import { RtspCamera } from '../../fakes/rtsp-camera.ts';
import { eventually } from '../../support/eventually.ts';
import { evidenceDir } from '../../support/evidence.ts';
import { grantOf, roomId, serviceId } from './kit/grants.ts';
import { empty, isEmpty } from './kit/empty.ts';
import { TestController } from './kit/test-controller.ts';
import type { TestErizo } from './kit/test-erizo.ts';
import { erizoSuite } from './kit/suite.ts';

const suite = erizoSuite();
let dir: string;
/** As a node writes them: VP8 and Opus. */
const recorded = newStreamId();
/** The second file of a recording, of three minutes. */
const long = `${newStreamId()}-2`;
const clientId = newUuid();
/** Of the sources that ask for one: nobody but they may read it. */
const password = 'hush-4711';

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rizoma-input-'));
  await film(['-c:v', 'libvpx', '-g', '15', '-c:a', 'libopus'], `${recorded}.mkv`, 20);
  await film(['-c:v', 'libvpx', '-r', '1', '-g', '1', '-c:a', 'libopus'], `${long}.mkv`, 180);
  for (const name of [recorded, long]) {
    const binding = { serviceId, roomId: newHexId(), streamId: newStreamId() };
    writeFileSync(join(dir, `${name}.json`), JSON.stringify(binding));
  }
  await film(['-c:v', 'mpeg4', '-c:a', 'aac'], 'film.mkv', 20);
  await film(['-c:v', 'libvpx', '-c:a', 'libopus'], 'short.webm', 1);
});

afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
});

async function film(codecs: readonly string[], name: string, seconds: number): Promise<void> {
  const picture = ['-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=15'];
  const sound = ['-f', 'lavfi', '-i', 'sine'];
  const length = ['-t', String(seconds), '-pix_fmt', 'yuv420p'];
  const args = ['-v', 'error', ...picture, ...sound, ...length, ...codecs, join(dir, name)];
  await promisify(execFile)('ffmpeg', args);
}

async function start(allowed = ''): Promise<{ erizo: TestErizo; controller: TestController }> {
  const env = { RIZOMA_RECORDING_DIR: dir, ...(allowed ? { RIZOMA_EXTERNAL_INPUT: allowed } : {}) };
  const erizo = await suite.start('eu-west', { env });
  return { erizo, controller: TestController.dial(erizo) };
}

async function play(
  controller: TestController,
  source: InputSource,
  { from_ms, grant = grantOf() }: { from_ms?: number; grant?: Promise<string> } = {},
) {
  const streamId = newStreamId();
  const asked = { roomId, clientId, streamId, source, audio: true, video: true };
  const params = { ...asked, from_ms, grant: await grant };
  const found = await controller.peer.call('addExternalInput', params);
  return { streamId, found };
}

/** The files of the folder over HTTP, one path for who shows a password, and one that leads elsewhere. */
async function serve(): Promise<{ origin: string; close: () => void }> {
  const basic = `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    if (request.url === '/private.mkv') {
      if (request.headers.authorization === basic) {
        response.end(readFileSync(join(dir, `${long}.mkv`)));
      } else {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="films"' }).end();
      }
      return;
    }
    if (request.url === '/elsewhere') {
      response.writeHead(302, { location: '/film.mkv' }).end();
      return;
    }
    response.end(readFileSync(join(dir, request.url ?? '')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** The programs that a process has started, by what others of this host read of them. */
function programsOf(erizo: TestErizo): { pid: number; line: string }[] {
  const children = readFileSync(
    `/proc/${erizo.child.pid}/task/${erizo.child.pid}/children`,
    'utf8',
  );
  return children
    .split(' ')
    .filter((pid) => pid !== '')
    .map((pid) => ({ pid: Number(pid), line: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }));
}

function ffmpegOf(erizo: TestErizo): { pid: number; line: string } {
  const found = programsOf(erizo).find(({ line }) => line.startsWith('ffmpeg\0'));
  if (found === undefined) {
    throw new Error('the process runs no ffmpeg');
  }
  return found;
}

/** The URL that an ffmpeg was told to open. */
function inputOf({ line }: { line: string }): string {
  const args = line.split('\0');
  return args[args.indexOf('-i') + 1] ?? '';
}

/** The log of the process; it holds warnings. */
const logOf = (region: string): string =>
  readFileSync(join(evidenceDir(), `erizo-${region}.log`), 'utf8');

async function withCamera(
  options: CameraOptions,
  run: (camera: RtspCamera) => Promise<void>,
): Promise<void> {
  const camera = await RtspCamera.create(options);
  try {
    await run(camera);
  } finally {
    camera.close();
  }
}

const credentials = { user: 'ann', password };

describe('an external input', () => {
  it('plays a recording to whoever subscribes, until it is given up', async () => {
    const { erizo, controller } = await start();
    const ben = await suite.join(controller);
    const stream = await play(controller, { type: 'recording', recordingId: recorded });
    expect(stream.found).toEqual({ audio: true, video: true });
    expect(await erizo.counters()).toMatchObject({ clients: 1, publishers: 1, producers: 2 });
    await ben.subscribe(stream, []);
    expect(await ben.plays(stream)).toMatchObject({ width: 320 });
    await controller.peer.call('removePublisher', { clientId, streamId: stream.streamId });
    await controller.peer.call('removeClient', { clientId: ben.clientId });
    expect(await erizo.settled(isEmpty)).toMatchObject(empty);
  });

  it('encodes what no browser of the room may know, from a host that is allowed', async () => {
    const { origin, close } = await serve();
    const { controller } = await start(origin);
    const ben = await suite.join(controller);
    const stream = await play(controller, { type: 'url', url: `${origin}/film.mkv` });
    await ben.subscribe(stream, []);
    await ben.plays(stream);
    close();
  });

  it('is told to be over when its source ends', async () => {
    const { origin, close } = await serve();
    const { erizo, controller } = await start(origin);
    const ended = Promise.withResolvers<string>();
    controller.onInputEnded = ended.resolve;
    const { streamId } = await play(controller, { type: 'url', url: `${origin}/short.webm` });
    expect(await ended.promise).toBe(streamId);
    expect(await erizo.settled(isEmpty)).toMatchObject(empty);
    close();
  });

  it('begins where it is told to', async () => {
    const { controller } = await start();
    const ended = Promise.withResolvers<string>();
    controller.onInputEnded = ended.resolve;
    const source = { type: 'recording', recordingId: long } as const;
    const { streamId } = await play(controller, source, { from_ms: 178_000 });
    // From its beginning it would last longer than any test.
    expect(await ended.promise).toBe(streamId);
  });

  it('is no recording of another service, in the words for one that is not there', async () => {
    const { erizo, controller } = await start();
    const refusal = async (recordingId: string, grant: Promise<string>): Promise<string> => {
      const refused = play(controller, { type: 'recording', recordingId }, { grant });
      const { code, message } = await refused.then(
        () => ({ code: 'played', message: '' }),
        (thrown: { code: string; message: string }) => thrown,
      );
      return `${code} ${message.replaceAll(recordingId, 'ID')}`;
    };
    const other = grantOf({ serviceId: newHexId() });
    expect(await refusal(recorded, other)).toBe(await refusal(newStreamId(), grantOf()));
    expect(await refusal(recorded, grantOf({ roomId: newHexId() }))).toMatch(/^forbidden/);
    expect(await erizo.counters()).toMatchObject(empty);
  });

  it('is refused where it may not be, or is not there, and follows nobody elsewhere', async () => {
    const { origin, close } = await serve();
    const { erizo, controller } = await start(origin);
    const refusals: [InputSource, string][] = [
      [{ type: 'url', url: 'file:///etc/passwd' }, 'forbidden'],
      [{ type: 'url', url: 'http://127.0.0.1:1/film.mkv' }, 'forbidden'],
      [{ type: 'url', url: `${origin}/elsewhere` }, 'forbidden'],
      [{ type: 'recording', recordingId: newStreamId() }, 'unavailable'],
    ];
    for (const [source, code] of refusals) {
      await expect(play(controller, source)).rejects.toMatchObject({ code });
    }
    expect(await erizo.counters()).toMatchObject(empty);
    close();
  });

  it.each(['MD5', 'SHA-256', 'Basic'] as const)(
    'plays a camera that asks for a password (%s), which no command line and no log has',
    async (scheme) => {
      await withCamera({ credentials, scheme }, async (camera) => {
        const { erizo, controller } = await start(camera.origin);
        const ben = await suite.join(controller);
        const url = `rtsp://ann:${password}@127.0.0.1:${camera.port}/live`;
        const stream = await play(controller, { type: 'url', url });
        await ben.subscribe(stream, []);
        expect(await ben.plays(stream)).toMatchObject({ width: 320 });
        const ffmpeg = ffmpegOf(erizo);
        expect(inputOf(ffmpeg)).toMatch(/^rtsp:\/\/127\.0\.0\.1:\d+\/[\w-]{32}$/);
        expect(ffmpeg.line).not.toMatch(new RegExp(`${password}|${camera.port}`));
        await controller.peer.call('removePublisher', { clientId, streamId: stream.streamId });
        await controller.peer.call('removeClient', { clientId: ben.clientId });
        expect(await erizo.settled(isEmpty)).toMatchObject(empty);
        await eventually(
          'no viewer',
          async () => camera.viewers,
          (viewers) => viewers === 0,
        );
        await expect(fetch(inputOf(ffmpeg).replace('rtsp:', 'http:'))).rejects.toThrow(
          'fetch failed',
        );
        expect(logOf('eu-west')).not.toContain(password);
      });
    },
  );

  it('leaves nothing behind when its ffmpeg is killed', async () => {
    const { origin, close } = await serve();
    const { erizo, controller } = await start(origin);
    const ended = Promise.withResolvers<string>();
    controller.onInputEnded = ended.resolve;
    const url = `${origin.replace('//', `//ann:${password}@`)}/private.mkv`;
    const { streamId } = await play(controller, { type: 'url', url });
    const ffmpeg = ffmpegOf(erizo);
    expect(ffmpeg.line).not.toContain(password);
    // It still hands the file to who knows the path.
    expect((await fetch(inputOf(ffmpeg), { headers: { range: 'bytes=0-' } })).status).toBe(200);
    process.kill(ffmpeg.pid, 'SIGKILL');
    expect(await ended.promise).toBe(streamId);
    expect(await erizo.settled(isEmpty)).toMatchObject(empty);
    await expect(fetch(inputOf(ffmpeg))).rejects.toThrow('fetch failed');
    close();
  });

  it('says why it was refused without a word of where and with what it was asked for', async () => {
    await withCamera({ credentials }, async (camera) => {
      const { erizo, controller } = await start(camera.origin);
      const url = `rtsp://ann:${password}x@127.0.0.1:${camera.port}/live`;
      const refused = await play(controller, { type: 'url', url }).catch((error: unknown) => error);
      expect(refused).toMatchObject({
        code: 'unavailable',
        message: 'the source refuses the user and password of its URL, or wants some',
      });
      expect(JSON.stringify(refused)).not.toContain(password);
      expect(logOf('eu-west')).toContain('unauthorized');
      expect(logOf('eu-west')).not.toContain(password);
      expect(await erizo.counters()).toMatchObject(empty);
    });
  });

  it('follows no camera elsewhere: nobody asks there', async () => {
    await withCamera({}, async (other) => {
      const headers = [`Location: ${other.origin}/secret`];
      const answers = { DESCRIBE: { status: '302 Moved Temporarily', headers } };
      await withCamera({ answers }, async (camera) => {
        // Not even where the other one is on the list too.
        const { controller } = await start(`${camera.origin},${other.origin}`);
        const source = { type: 'url', url: `${camera.origin}/live` } as const;
        await expect(play(controller, source)).rejects.toMatchObject({
          code: 'forbidden',
          message: 'the source sends elsewhere, which this node does not follow',
        });
        expect(other.connections).toBe(0);
      });
    });
  });
});
