import { forwarderDefaults } from '../defaults.ts';
import type { Authorizer } from './authorizer.ts';
import { mayRetry } from './authorizer.ts';
import { reasonOfStatus, SourceRefused } from './refusal.ts';
import type { RtspFrame, RtspHeaders, RtspRequest, RtspResponse } from './rtsp-message.ts';
import { encodeRequest, encodeResponse, headerOf, headersOf } from './rtsp-message.ts';
import { RtspUrls } from './rtsp-urls.ts';

export interface RelayOptions {
  /** The URL that ffmpeg was told. */
  local: string;
  /** The one that it stands for, without credentials. */
  remote: string;
  authorizer: Authorizer | undefined;
}

/** What is to be sent, and to whom. */
export interface Outgoing {
  to: 'player' | 'source';
  bytes: Buffer;
}

/** A request that the source has not answered. */
interface Pending {
  method: string;
  remote: string;
  headers: RtspHeaders;
  /** Of the player, under which it hears the answer. */
  cseq: string;
  attempt: number;
}

/** What ffmpeg asks of a source that it plays. */
const methods = ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'PAUSE', 'GET_PARAMETER', 'TEARDOWN'];
/** What of a request the source hears, beside what this relay says for itself. */
const asked = ['accept', 'range', 'session', 'transport'];
/** What of an answer ffmpeg hears as the source said it. */
const answered = ['content-type', 'public', 'range', 'session'];
const overTcp = /^RTP\/AVP\/TCP;(?:.*;)?interleaved=(\d{1,3}-\d{1,3})(?:;.*)?$/i;

/**
 * One connection of ffmpeg to its source, without the sockets. Each frame of either goes in, and what comes of it
 * comes out. Throws `SourceRefused`, after which both are disconnected.
 */
export class RtspRelay {
  readonly #urls: RtspUrls;
  readonly #authorizer: Authorizer | undefined;
  readonly #pending = new Map<string, Pending>();
  #cseq = 0;
  #isPlaying = false;

  constructor({ local, remote, authorizer }: RelayOptions) {
    this.#urls = new RtspUrls(local, remote);
    this.#authorizer = authorizer;
  }

  /** Whether it is from one who was told the path: only then anybody is asked anything. */
  knows(frame: RtspFrame | undefined): boolean {
    return frame?.type === 'request' && this.#urls.remoteOf(frame.url) !== undefined;
  }

  fromPlayer(frame: RtspFrame): Outgoing[] {
    switch (frame.type) {
      case 'media':
        return [{ to: 'source', bytes: frame.bytes }];
      case 'request':
        return [this.#ask(frame)];
      case 'response':
        // It answers requests of the source, which come as far as here.
        return [];
    }
  }

  fromSource(frame: RtspFrame): Outgoing[] {
    switch (frame.type) {
      case 'media':
        return [{ to: 'player', bytes: frame.bytes }];
      case 'request':
        return [answerTo(frame)];
      case 'response':
        return this.#answer(frame);
    }
  }

  #ask(request: RtspRequest): Outgoing {
    const { method, url } = request;
    const cseq = headerOf(request.headers, 'cseq') ?? '';
    const headers = request.headers.filter(([name]) => asked.includes(name));
    const transport = headerOf(headers, 'transport');
    const remote = this.#urls.remoteOf(url);
    const refuse = (status: number): Outgoing => ({
      to: 'player',
      bytes: encodeResponse(status, [['CSeq', cseq]]),
    });
    if (!methods.includes(method) || this.#pending.size >= forwarderDefaults.pending) {
      return refuse(501);
    }
    if (remote === undefined) {
      return refuse(404);
    }
    if (transport !== undefined && !overTcp.test(transport)) {
      return refuse(461);
    }
    return this.#send({ method, remote, headers, cseq, attempt: 1 });
  }

  #send(pending: Pending): Outgoing {
    const { method, remote, headers } = pending;
    this.#cseq += 1;
    this.#pending.set(String(this.#cseq), pending);
    const authorization = this.#authorizer?.authorize(method, remote);
    const own: RtspHeaders = [
      ['CSeq', String(this.#cseq)],
      ['User-Agent', 'Rizoma'],
      ...(authorization === undefined ? [] : [['Authorization', authorization] as const]),
    ];
    return { to: 'source', bytes: encodeRequest(method, remote, [...own, ...headers]) };
  }

  #answer(response: RtspResponse): Outgoing[] {
    const { status, headers } = response;
    const cseq = headerOf(headers, 'cseq') ?? '';
    const pending = this.#pending.get(cseq);
    if (pending === undefined || status < 200) {
      // Of nothing that was asked, or not its last word.
      return [];
    }
    this.#pending.delete(cseq);
    const { method, attempt } = pending;
    if (
      status === 401 &&
      mayRetry(this.#authorizer, attempt, headersOf(headers, 'www-authenticate'))
    ) {
      return [this.#send({ ...pending, attempt: attempt + 1 })];
    }
    const reason = reasonOfStatus(status);
    // Once it plays, a source that knows no keep-alives may say so.
    if (status >= 300 && (reason === 'elsewhere' || !this.#isPlaying)) {
      throw new SourceRefused(status === 461 ? 'transport' : reason);
    }
    this.#isPlaying ||= method === 'PLAY';
    return [{ to: 'player', bytes: this.#passed(pending, response) }];
  }

  #passed({ method, cseq }: Pending, { status, headers, body }: RtspResponse): Buffer {
    const passed: [string, string][] = [['CSeq', cseq]];
    for (const [name, value] of headers.filter(([one]) => answered.includes(one))) {
      if (name === 'session' && value.length > forwarderDefaults.session_chars) {
        throw new SourceRefused('malformed');
      }
      passed.push([name, value]);
    }
    if (method === 'SETUP' && status < 300) {
      const [, channels] = overTcp.exec(headerOf(headers, 'transport') ?? '') ?? [];
      if (channels === undefined) {
        throw new SourceRefused('transport');
      }
      passed.push(['transport', `RTP/AVP/TCP;unicast;interleaved=${channels}`]);
    }
    const info =
      method === 'PLAY' ? this.#urls.rtpInfo(headerOf(headers, 'rtp-info') ?? '') : undefined;
    if (info !== undefined) {
      passed.push(['RTP-Info', info]);
    }
    if (method !== 'DESCRIBE' || status >= 300) {
      return encodeResponse(status, passed);
    }
    const sdp = this.#urls.describe(body.toString('latin1'), headerOf(headers, 'content-base'));
    return encodeResponse(status, passed, Buffer.from(sdp, 'latin1'));
  }
}

/** Servers ask whether a client is still there; all else they may want of it is nothing that is followed. */
function answerTo({ method, headers }: RtspRequest): Outgoing {
  if (method === 'REDIRECT') {
    throw new SourceRefused('elsewhere');
  }
  const status = method === 'OPTIONS' || method === 'GET_PARAMETER' ? 200 : 501;
  const kept = headers.filter(([name]) => name === 'cseq' || name === 'session');
  return { to: 'source', bytes: encodeResponse(status, kept) };
}
