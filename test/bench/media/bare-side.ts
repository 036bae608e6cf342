import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { types } from 'mediasoup';
import * as v from 'valibot';
import type { DtlsRole, RemoteTransport } from '../../support/endpoint/endpoint.ts';
import { Endpoint } from '../../support/endpoint/endpoint.ts';
import type { Guest, Published, Sent, Side } from './side.ts';
import { newSent } from './side.ts';

/** What the process of bare mediasoup is asked. */
export type BareAsk =
  | { method: 'pid' }
  | { method: 'transport'; role: DtlsRole; fingerprint: string }
  | {
      method: 'produce';
      transportId: string;
      kind: 'audio' | 'video';
      rtpParameters: types.RtpParameters;
    }
  | { method: 'consume'; transportId: string; producerId: string }
  | { method: 'close'; transportId: string };

const Transport = v.object({
  id: v.string(),
  ufrag: v.string(),
  pwd: v.string(),
  ip: v.string(),
  port: v.number(),
  fingerprint: v.string(),
});

const codecs = {
  audio: {
    mimeType: 'audio/opus',
    clockRate: 48_000,
    channels: 2,
    parameters: { minptime: 10, useinbandfec: 1 },
  },
  video: {
    mimeType: 'video/VP8',
    clockRate: 90_000,
    rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
  },
} satisfies Record<string, Omit<types.RtpCodecParameters, 'payloadType'>>;

function rtpParametersOf(sent: Sent, kind: 'audio' | 'video'): types.RtpParameters {
  const { ssrc, payloadType } = sent[kind];
  return { codecs: [{ ...codecs[kind], payloadType }], encodings: [{ ssrc }] };
}

/** mediasoup alone, driven by messages between two processes. */
export class BareSide implements Side {
  readonly pids: readonly number[];
  readonly #ask: (ask: BareAsk) => Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #ip: string;
  /** The producers of each stream, by its name. */
  readonly #producers = new Map<string, readonly string[]>();

  private constructor(
    components: { child: ChildProcess; ask: (ask: BareAsk) => Promise<unknown> },
    options: { pids: readonly number[]; ip: string },
  ) {
    this.#child = components.child;
    this.#ask = components.ask;
    this.#ip = options.ip;
    this.pids = options.pids;
  }

  static async create(ip: string): Promise<BareSide> {
    const child = fork(join(import.meta.dirname, 'bare-process.ts'), [ip]);
    await once(child, 'message');
    const waiting = new Map<number, (result: unknown) => void>();
    child.on('message', ({ id, result }: { id: number; result: unknown }) => {
      waiting.get(id)?.(result);
      waiting.delete(id);
    });
    let last = 0;
    const ask = (what: BareAsk): Promise<unknown> => {
      last += 1;
      const id = last;
      child.send({ id, ask: what });
      return new Promise((resolve) => waiting.set(id, resolve));
    };
    const pids = [child.pid ?? 0, v.parse(v.number(), await ask({ method: 'pid' }))];
    return new BareSide({ child, ask }, { pids, ip });
  }

  enter(): Promise<Guest> {
    const endpoints = new Map<string, Endpoint>();
    return Promise.resolve({
      publish: () => this.#publish(endpoints),
      watch: (streams) => this.#watch(endpoints, streams),
      leave: async () => {
        for (const [transportId, endpoint] of endpoints) {
          await this.#ask({ method: 'close', transportId });
          await endpoint.closeAfterGoodbye();
        }
      },
    });
  }

  async close(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    await exit;
  }

  async #publish(endpoints: Map<string, Endpoint>): Promise<Published> {
    const { id: transportId, endpoint, remote } = await this.#transport('server');
    endpoints.set(transportId, endpoint);
    const sent = newSent();
    const producers: string[] = [];
    for (const kind of ['audio', 'video'] as const) {
      const rtpParameters = rtpParametersOf(sent, kind);
      const made = await this.#ask({ method: 'produce', transportId, kind, rtpParameters });
      producers.push(v.parse(v.string(), made));
    }
    await endpoint.connect(remote);
    this.#producers.set(transportId, producers);
    return { name: transportId, endpoint, sent };
  }

  async #watch(endpoints: Map<string, Endpoint>, streams: readonly Published[]): Promise<Endpoint> {
    const { id: transportId, endpoint, remote } = await this.#transport('client');
    endpoints.set(transportId, endpoint);
    for (const { name } of streams) {
      for (const producerId of this.#producers.get(name) ?? []) {
        await this.#ask({ method: 'consume', transportId, producerId });
      }
    }
    await endpoint.connect(remote);
    return endpoint;
  }

  async #transport(
    role: DtlsRole,
  ): Promise<{ id: string; endpoint: Endpoint; remote: RemoteTransport }> {
    const endpoint = await Endpoint.create(this.#ip, role);
    const { fingerprint } = endpoint.local;
    const { id, ...remote } = v.parse(
      Transport,
      await this.#ask({ method: 'transport', role, fingerprint }),
    );
    return { id, endpoint, remote };
  }
}
