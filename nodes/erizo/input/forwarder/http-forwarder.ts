import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Server } from 'node:net';
import { pipeline } from 'node:stream';
import { forwarderDefaults } from '../defaults.ts';
import { hostOf } from '../remote.ts';
import { Authorizer, mayRetry } from './authorizer.ts';
import type { ForwarderParts } from './parts.ts';
import type { RefusalReason } from './refusal.ts';
import { reasonOfError, reasonOfStatus } from './refusal.ts';
import { onSilence } from './silence.ts';

const { connections, requests, head_bytes } = forwarderDefaults;

/** What of an answer ffmpeg hears. */
const answered = ['content-type', 'content-length', 'content-range', 'accept-ranges'];
/** The file, a part of it, and that it has no such part. */
const successes = [200, 206, 416];

/** A server of one file, which it fetches from the source as ffmpeg reads it. */
export function httpServer(parts: ForwarderParts): Server {
  const { remote, path, signal, waits } = parts;
  const authorizer = remote.credentials && new Authorizer(remote.credentials);
  let active = 0;
  const server = createServer(
    { maxHeaderSize: head_bytes, headersTimeout: waits.first_ms, requestTimeout: waits.first_ms },
    (request, response) => {
      if (request.method !== 'GET' || request.url !== path) {
        response.writeHead(404).end();
        return;
      }
      if (active >= requests) {
        response.writeHead(503).end();
        return;
      }
      active += 1;
      response.on('close', () => {
        active -= 1;
      });
      new HttpFetch(response, { parts, authorizer, range: rangeOf(request) }).start(1);
    },
  );
  server.maxConnections = connections;
  signal.addEventListener('abort', () => server.closeAllConnections());
  return server;
}

interface FetchOptions {
  parts: ForwarderParts;
  authorizer: Authorizer | undefined;
  /** Which part ffmpeg asks for. */
  range: string | undefined;
}

/** One answer to ffmpeg: the file from where it asked for it, at the speed at which it reads. */
class HttpFetch {
  readonly #response: ServerResponse;
  readonly #options: FetchOptions;

  constructor(response: ServerResponse, options: FetchOptions) {
    this.#response = response;
    this.#options = options;
  }

  start(attempt: number): void {
    const { remote, lookup, signal, waits } = this.#options.parts;
    const response = this.#response;
    const make = remote.scheme === 'https' ? requestHttps : requestHttp;
    const { hostname, port, target: path } = remote;
    const headers = this.#headers();
    const request = make({
      ...{ hostname, port, path, headers, lookup, signal },
      agent: false,
      maxHeaderSize: head_bytes,
    });
    let answer: IncomingMessage | undefined;
    let isOver = false;
    const end = (): void => {
      isOver = true;
      request.destroy();
    };
    response.on('close', end);
    // Of the socket itself: a request speaks of its first time-out alone.
    request.on('socket', (socket) => {
      socket.setTimeout(waits.connect_ms);
      socket.once('connect', () => socket.setTimeout(waits.silence_ms));
      onSilence(socket, {
        // Not while ffmpeg reads no more.
        isAwaited: () => answer?.isPaused() !== true,
        run: (wasConnected) => this.#refuse(wasConnected ? 'silent' : 'unreachable'),
      });
    });
    request.on('error', (error) => {
      if (!isOver) {
        this.#refuse(reasonOfError(error));
      }
    });
    request.on('response', (incoming) => {
      answer = incoming;
      incoming.on('resume', () => incoming.socket.setTimeout(waits.silence_ms));
      if (this.#mayRetry(incoming, attempt)) {
        response.off('close', end);
        end();
        this.start(attempt + 1);
        return;
      }
      this.#pass(incoming);
    });
    request.end();
  }

  #headers(): OutgoingHttpHeaders {
    const { parts, authorizer, range } = this.#options;
    const { target } = parts.remote;
    const authorization = authorizer?.authorize('GET', target);
    return {
      host: hostOf(parts.remote),
      accept: '*/*',
      // ffmpeg is given lengths and ranges of the file itself.
      'accept-encoding': 'identity',
      'user-agent': 'Rizoma',
      ...(range === undefined ? {} : { range }),
      ...(authorization === undefined ? {} : { authorization }),
    };
  }

  #mayRetry({ statusCode, headersDistinct }: IncomingMessage, attempt: number): boolean {
    const challenges = headersDistinct['www-authenticate'] ?? [];
    return statusCode === 401 && mayRetry(this.#options.authorizer, attempt, challenges);
  }

  #pass(incoming: IncomingMessage): void {
    const { statusCode = 0, headers } = incoming;
    if (!successes.includes(statusCode)) {
      this.#refuse(reasonOfStatus(statusCode));
      return;
    }
    const kept = Object.entries(headers).filter(([name]) => answered.includes(name));
    this.#response.writeHead(statusCode, Object.fromEntries(kept));
    // Whichever ends first ends the other, and ffmpeg says why.
    pipeline(incoming, this.#response, () => undefined);
  }

  #refuse(reason: RefusalReason): void {
    this.#options.parts.refuse(reason);
    if (this.#response.headersSent) {
      this.#response.destroy();
    } else {
      this.#response.writeHead(502).end();
    }
  }
}

function rangeOf({ headers }: IncomingMessage): string | undefined {
  return /^bytes=\d{1,16}-\d{0,16}$/.exec(headers.range ?? '')?.[0];
}
