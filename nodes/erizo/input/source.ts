import type { InputSource } from '../../../protocol/contracts/external-media.ts';
import type { RecordingFolder } from '../recording/folder.ts';
import type { Remote, Scheme } from './remote.ts';
import { parseRemote } from './remote.ts';

/** A source that this node may play. */
export type Source = { type: 'file'; file: string } | { type: 'remote'; remote: Remote };

/**
 * Where a source is for rooms of the service. Throws `forbidden` where it is not allowed, `bad_request` where it is no URL,
 * `unavailable` where the service has no such recording here.
 */
export async function findSource(
  source: InputSource,
  policy: { allowed: readonly string[]; folder: RecordingFolder; serviceId: string },
): Promise<Source> {
  return source.type === 'recording'
    ? { type: 'file', file: await policy.folder.find(source.recordingId, policy.serviceId) }
    : { type: 'remote', remote: parseRemote(source.url, policy.allowed) };
}

/** How ffmpeg and ffprobe open a recording: it is what we wrote, and nothing in it is taken for a list of other files. */
export function fileArgs(file: string): string[] {
  return ['-protocol_whitelist', 'file', '-f', 'matroska', '-i', `file:${file}`];
}

/** Containers that hold media themselves; playlists name other places, which nobody has allowed. */
const containers = 'matroska,webm,mov,mp4,ogg,mpegts,wav,mp3,flv';

/**
 * How they open what a forwarder of this process hands on: no files, whatever the source says, no TLS, which the
 * forwarder does, and no redirects, of which it passes none.
 */
const http = [
  ...['-protocol_whitelist', 'http,tcp', '-format_whitelist', containers],
  ...['-max_redirects', '0', '-rw_timeout', '10000000'],
];
const openings: Record<Scheme, readonly string[]> = {
  rtsp: [
    ...['-protocol_whitelist', 'tcp', '-format_whitelist', 'rtsp', '-f', 'rtsp'],
    ...['-rtsp_transport', 'tcp', '-timeout', '10000000'],
  ],
  http,
  https: http,
};

export function forwardedArgs(scheme: Scheme, url: string): string[] {
  return [...openings[scheme], '-i', url];
}

/** Where ffmpeg begins: what a camera sends has no beginning. */
export function seekArgs(source: Source, from_ms = 0): string[] {
  const isLive = source.type === 'remote' && source.remote.scheme === 'rtsp';
  return isLive || from_ms === 0 ? [] : ['-ss', (from_ms / 1_000).toFixed(3)];
}
