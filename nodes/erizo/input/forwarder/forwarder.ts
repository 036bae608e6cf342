import { randomBytes } from 'node:crypto';
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { setMaxListeners } from 'node:events';
import type { LookupFunction, Server } from 'node:net';
import type { RizomaError } from '../../../../protocol/errors.ts';
import type { Log } from '../../../log.ts';
import { loopback } from '../../engine-plain.ts';
import { forwarderDefaults } from '../defaults.ts';
import type { Remote } from '../remote.ts';
import { hostOf } from '../remote.ts';
import { httpServer } from './http-forwarder.ts';
import type { ForwarderParts, ForwarderWaits } from './parts.ts';
import type { RefusalReason } from './refusal.ts';
import { refusalError } from './refusal.ts';
import { rtspServer } from './rtsp-forwarder.ts';

/**
 * The one way from ffmpeg to its source: a server on loopback, which connects to that host and port and to nothing else,
 * proves who asks, and follows the source nowhere.
 */
export class Forwarder {
  readonly #abort = new AbortController();
  readonly #log: Log;
  readonly #remote: Remote;
  #url = '';
  #refused: RefusalReason | undefined;

  private constructor({ log }: { log: Log }, remote: Remote) {
    this.#log = log;
    this.#remote = remote;
    // One for each connection, and some of Node's own.
    setMaxListeners(4 * forwarderDefaults.connections, this.#abort.signal);
  }

  /** Listens. Throws `unavailable` where the name of the source has no address. */
  static async open(
    components: { log: Log },
    remote: Remote,
    waits: ForwarderWaits = forwarderDefaults,
  ): Promise<Forwarder> {
    const forwarder = new Forwarder(components, remote);
    await forwarder.#listen(waits);
    return forwarder;
  }

  /** For ffmpeg and ffprobe: without credentials, and with a path that nobody can guess. */
  get url(): string {
    return this.#url;
  }

  /** Why the source was given up, if it was; the first of the reasons. */
  get refusal(): RizomaError | undefined {
    return this.#refused && refusalError(this.#refused);
  }

  /** Idempotent: nothing listens any more, and nothing is connected. */
  close(): void {
    this.#abort.abort();
  }

  async #listen(waits: ForwarderWaits): Promise<void> {
    const { signal } = this.#abort;
    const parts: ForwarderParts = {
      remote: this.#remote,
      lookup: await addressesOf(this.#remote.hostname),
      path: `/${randomBytes(24).toString('base64url')}`,
      refuse: (reason) => this.#refuse(reason),
      ...{ signal, waits },
    };
    const isRtsp = this.#remote.scheme === 'rtsp';
    const server = isRtsp ? rtspServer(parts) : httpServer(parts);
    const port = await listen(server);
    signal.addEventListener('abort', () => server.close());
    this.#url = `${isRtsp ? 'rtsp' : 'http'}://${loopback}:${port}${parts.path}`;
  }

  #refuse(reason: RefusalReason): void {
    if (this.#refused === undefined && !this.#abort.signal.aborted) {
      this.#refused = reason;
      const { scheme } = this.#remote;
      // Neither its path, which may hold a secret too, nor what it said.
      this.#log.warn({ reason, source: `${scheme}://${hostOf(this.#remote)}` }, 'source refused');
    }
  }
}

/** Resolves a name once: who changes what it means later sends nobody elsewhere. */
async function addressesOf(hostname: string): Promise<LookupFunction> {
  let addresses: LookupAddress[] = [];
  try {
    addresses = await lookup(hostname, { all: true });
  } catch {
    // Said below: why a name has no address tells whoever asks about the operator's network.
  }
  const [first] = addresses;
  if (first === undefined) {
    throw refusalError('unreachable');
  }
  return (_hostname, { all }, callback) => {
    if (all === true) {
      callback(null, addresses);
    } else {
      callback(null, first.address, first.family);
    }
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, loopback, () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) {
        resolve(address.port);
      } else {
        reject(new Error('a server on loopback has no port'));
      }
    });
  });
}
