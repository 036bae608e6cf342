import type { InputSource } from '../../../protocol/contracts/external-media.ts';
import { RizomaError } from '../../../protocol/errors.ts';

const schemes = ['rtsp', 'http', 'https'] as const;
type Scheme = (typeof schemes)[number];

/**
 * What ffmpeg may use to open each: no files, whatever a playlist says, and no other host than the one
 * that was allowed, wherever it redirects to.
 */
const protocols: Record<Scheme, readonly string[]> = {
  rtsp: ['-protocol_whitelist', 'rtsp,tcp', '-rtsp_transport', 'tcp', '-timeout', '10000000'],
  http: ['-protocol_whitelist', 'http,tcp', '-max_redirects', '0', '-rw_timeout', '10000000'],
  https: [
    ...['-protocol_whitelist', 'https,tls,tcp', '-max_redirects', '0'],
    ...['-rw_timeout', '10000000'],
  ],
};

/** A source of which it is known where it is. */
export type OpenedSource =
  | { readonly type: 'recording'; readonly file: string }
  | Extract<InputSource, { type: 'url' }>;

/** How ffmpeg and ffprobe are told to open the source. Throws `forbidden` where it is not allowed. */
export function inputArgs(source: OpenedSource, policy: { allowed: readonly string[] }): string[] {
  if (source.type === 'recording') {
    const { file } = source;
    // A recording is what we wrote: nothing in it is taken for a list of other files.
    return ['-protocol_whitelist', 'file', '-f', 'matroska', '-i', `file:${file}`];
  }
  const url = parseUrl(source.url);
  const scheme = schemes.find((one) => `${one}:` === url.protocol);
  if (scheme === undefined || !policy.allowed.includes(`${url.protocol}//${url.host}`)) {
    throw new RizomaError(
      'forbidden',
      'this node plays nothing from there: its operator lists what it may in RIZOMA_EXTERNAL_INPUT',
    );
  }
  return [...protocols[scheme], ...formats[scheme], '-i', url.href];
}

/** Where ffmpeg begins: what a camera sends has no beginning. */
export function seekArgs(source: OpenedSource, from_ms = 0): string[] {
  const isLive = source.type === 'url' && parseUrl(source.url).protocol === 'rtsp:';
  return isLive || from_ms === 0 ? [] : ['-ss', (from_ms / 1_000).toFixed(3)];
}

/** Containers that hold media themselves; playlists name other places, which nobody has allowed. */
const media = 'matroska,webm,mov,mp4,ogg,mpegts,wav,mp3,flv';
const formats: Record<Scheme, readonly string[]> = {
  rtsp: [],
  http: ['-format_whitelist', media],
  https: ['-format_whitelist', media],
};

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new RizomaError('bad_request', 'the source is no URL');
  }
}
