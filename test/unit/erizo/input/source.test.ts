import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Remote } from '../../../../nodes/erizo/input/remote.ts';
import { hostOf, parseRemote } from '../../../../nodes/erizo/input/remote.ts';
import {
  fileArgs,
  findSource,
  forwardedArgs,
  seekArgs,
} from '../../../../nodes/erizo/input/source.ts';
import { RecordingFolder } from '../../../../nodes/erizo/recording/folder.ts';
import { newHexId } from '../../../../protocol/ids.ts';

const allowed = [
  ...['rtsp://camera.example.org', 'rtsp://camera.example.org:8554'],
  ...['https://media.example.org', 'http://10.0.0.7:8080'],
];
const remoteOf = (url: string): Remote => parseRemote(url, allowed);
const whitelist = (args: readonly string[]): string | undefined =>
  args[args.indexOf('-protocol_whitelist') + 1];

describe('the source of an external input', () => {
  it('is a recording of this node, which is opened as nothing else, and none that is not there', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'rizoma-recordings-'));
    try {
      const serviceId = newHexId();
      const binding = { serviceId, roomId: newHexId(), streamId: '123456789012345678' };
      await writeFile(join(dir, '123456789012345678.json'), JSON.stringify(binding));
      await writeFile(join(dir, '123456789012345678.mkv'), '');
      const folder = new RecordingFolder({ dir, free_bytes: 0 });
      const parsed = (recordingId: string) =>
        findSource({ type: 'recording', recordingId }, { allowed: [], folder, serviceId });
      const file = `${dir}/123456789012345678.mkv`;
      expect(await parsed('123456789012345678')).toEqual({ type: 'file', file });
      expect(fileArgs(file).slice(-4)).toEqual(['-f', 'matroska', '-i', `file:${file}`]);
      expect(whitelist(fileArgs(file))).toBe('file');
      await expect(parsed('223456789012345678')).rejects.toThrow(
        'there is no recording 223456789012345678 at this node',
      );
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it.each([
    ['rtsp', 'tcp'],
    ['http', 'http,tcp'],
    // TLS is the business of the forwarder.
    ['https', 'http,tcp'],
  ] as const)('of %s is opened by %s alone, and redirects nobody', (scheme, protocols) => {
    const args = forwardedArgs(scheme, 'URL');
    expect(whitelist(args)).toBe(protocols);
    expect(args.slice(-2)).toEqual(['-i', 'URL']);
    expect(args).toContain('-format_whitelist');
    expect(args.includes('-max_redirects')).toBe(scheme !== 'rtsp');
  });

  it.each([
    ['rtsp://camera.example.org/stream?x=1', 'camera.example.org', 554, '/stream?x=1'],
    ['rtsp://camera.example.org:554/stream', 'camera.example.org', 554, '/stream'],
    ['rtsp://CAMERA.example.org:8554', 'camera.example.org:8554', 8554, ''],
    ['https://media.example.org/a b.mp4#t=1', 'media.example.org', 443, '/a%20b.mp4'],
    ['http://10.0.0.7:8080/a.webm', '10.0.0.7:8080', 8080, '/a.webm'],
  ])('may be %s', (url, host, port, target) => {
    const remote = remoteOf(url);
    expect(remote).toMatchObject({ port, target, credentials: undefined });
    expect(hostOf(remote)).toBe(host);
  });

  it('has its credentials apart from what is asked for, and decoded', () => {
    const remote = remoteOf('rtsp://ann:p%40ss%3aw%20rd@camera.example.org/stream');
    expect(remote.credentials).toEqual({ user: 'ann', password: 'p@ss:w rd' });
    expect(remote.target).toBe('/stream');
  });

  it.each([
    ['rtsp://ann%3a:x@camera.example.org/', /colon/],
    ['rtsp://ann:x%0d%0a@camera.example.org/', /control character/],
    ['rtsp://ann:100%@camera.example.org/', /write % as %25/],
  ])('has no credentials that no header can hold: %s', (url, words) => {
    expect(() => remoteOf(url)).toThrow(words);
  });

  it.each([
    'file:///etc/passwd',
    '/etc/passwd',
    'concat:/etc/passwd|/etc/hosts',
    'rtsp://camera.example.org:8555/stream',
    'rtsps://camera.example.org/stream',
    'rtsp://camera.example%2eorg/stream',
    'http://media.example.org/a.mp4',
    'https://media.example.org.evil.example/a.mp4',
    'https://media.example.org@evil.example/a.mp4',
    'http://10.0.0.7/a.webm',
    'http://169.254.169.254/latest/meta-data',
    'subfile,,start,0,end,9,,:/etc/passwd',
    'pipe:0',
  ])('may not be %s', (url) => {
    expect(() => remoteOf(url)).toThrow(/plays nothing from there|is no URL/);
  });

  it('begins where it is told to, unless it is a camera', () => {
    const of = (url: string) => seekArgs({ type: 'remote', remote: remoteOf(url) }, 1_500);
    expect(of('https://media.example.org/a.mp4')).toEqual(['-ss', '1.500']);
    expect(of('rtsp://camera.example.org/')).toEqual([]);
  });
});
