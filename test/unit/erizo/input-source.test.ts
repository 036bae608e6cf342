import { describe, expect, it } from 'vitest';
import { inputArgs } from '../../../nodes/erizo/input/source.ts';

const allowed = ['rtsp://camera.example.org', 'https://media.example.org', 'http://10.0.0.7:8080'];
const argsOf = (url: string): string[] => inputArgs({ type: 'url', url }, { allowed });

describe('the source of an external input', () => {
  it('is the file of a recording, which is opened as nothing else', () => {
    const file = '/srv/recordings/123456789012345678.mkv';
    const args = inputArgs({ type: 'recording', file }, { allowed: [] });
    expect(args.slice(-4)).toEqual(['-f', 'matroska', '-i', `file:${file}`]);
    expect(args[args.indexOf('-protocol_whitelist') + 1]).toBe('file');
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
