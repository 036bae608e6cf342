import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inputArgs } from '../../../nodes/erizo/input/source.ts';
import { RecordingFolder } from '../../../nodes/erizo/recording/folder.ts';

const folder = new RecordingFolder({ dir: '/srv/recordings', free_bytes: 0 });
const allowed = ['rtsp://camera.example.org', 'https://media.example.org', 'http://10.0.0.7:8080'];
const argsOf = (url: string): string[] => inputArgs({ type: 'url', url }, { allowed, folder });

describe('the source of an external input', () => {
  it('is a recording of this node, which is opened as nothing else, and none that is not there', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'rizoma-recordings-'));
    try {
      await writeFile(join(dir, '123456789012345678.mkv'), '');
      const kept = new RecordingFolder({ dir, free_bytes: 0 });
      const play = (recordingId: string): string[] =>
        inputArgs({ type: 'recording', recordingId }, { allowed: [], folder: kept });
      const args = play('123456789012345678');
      expect(args.slice(-4)).toEqual([
        ...['-f', 'matroska', '-i', `file:${dir}/123456789012345678.mkv`],
      ]);
      expect(args).toContain('file');
      expect(() => play('223456789012345678')).toThrow(
        'there is no recording 223456789012345678 at this node',
      );
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it.each([
    ['rtsp://camera.example.org/stream?x=1', 'rtsp,tcp'],
    ['rtsp://user:pass@camera.example.org/stream', 'rtsp,tcp'],
    ['https://media.example.org/a.mp4', 'https,tls,tcp'],
    ['http://10.0.0.7:8080/a.webm', 'http,tcp'],
  ])('may be %s, by its own protocols alone', (url, protocols) => {
    const args = argsOf(url);
    expect(args[args.indexOf('-protocol_whitelist') + 1]).toBe(protocols);
    expect(args.at(-1)).toBe(url);
    expect(args.includes('-max_redirects')).toBe(!url.startsWith('rtsp'));
  });

  it.each([
    'file:///etc/passwd',
    '/etc/passwd',
    'concat:/etc/passwd|/etc/hosts',
    'rtsp://camera.example.org:8554/stream',
    'http://media.example.org/a.mp4',
    'https://media.example.org.evil.example/a.mp4',
    'https://media.example.org@evil.example/a.mp4',
    'http://10.0.0.7/a.webm',
    'http://169.254.169.254/latest/meta-data',
    'subfile,,start,0,end,9,,:/etc/passwd',
    'pipe:0',
  ])('may not be %s', (url) => {
    expect(() => argsOf(url)).toThrow(/plays nothing from there|is no URL/);
  });
});
