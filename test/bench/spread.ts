import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { createWorker } from 'mediasoup';
import type { types } from 'mediasoup';
import { mediaCodecs } from '../../nodes/erizo/media-codecs.ts';
import type { Bench, Row } from './row.ts';
import { median, row } from './row.ts';

/** Those who watch one stream; few enough for one worker to keep up beside what else runs here. */
const viewers = 120;
/** Of a stream of 0.8 Mbit/s. */
const packetsPerSecond = 100;
const payload_bytes = 1_000;
const rounds = 5;
const round_ms = 3_000;
const ip = '127.0.0.1';
const listenInfo = { protocol: 'udp', ip } as const;
const ssrc = 1_111;
const payloadType = 111;

interface Site {
  worker: types.Worker;
  router: types.Router;
}

/**
 * What a stream's viewers cost the worker that has them all, and what two cost that share them over a pipe: CPU
 * time, which hardly depends on what else the machine does. Packets go out by SRTP, without WebRTC's
 * bandwidth estimation: it is a floor, and the ratio of the two is what counts.
 */
export const spread: Bench = {
  name: 'spread',
  run: async (say) => {
    const alone: number[] = [];
    const busier: number[] = [];
    const together: number[] = [];
    for (let index = 0; index < rounds; index += 1) {
      const [one = Number.NaN] = await measure([viewers]);
      const us = await measure([viewers / 2, viewers / 2]);
      const sum = us.reduce((total, each) => total + each, 0);
      alone.push(one);
      busier.push(Math.max(...us) / one);
      together.push(sum / one);
      say(`  round ${index + 1} of ${rounds}`);
    }
    return rowsOf(median(alone), median(busier), median(together));
  },
};

function rowsOf(alone_us: number, busier: number, together: number): Row[] {
  const carried = Math.floor((0.8 * 1_000_000) / alone_us / packetsPerSecond);
  return [
    row(
      'spread.one',
      alone_us,
      'µs',
      null,
      `CPU of a worker for a packet to one of ${viewers} viewers; 80 % of a core are ${carried} of them at ${packetsPerSecond} packets/s`,
    ),
    row('spread.busier', busier, '×', 0.6, 'of that, the busier of two that share the viewers'),
    row('spread.together', together, '×', 1.15, 'of that, both of them together, with their pipe'),
  ];
}

/** CPU of each worker, in µs, for each packet that goes to a viewer. The publisher is at the first. */
async function measure(counts: readonly number[]): Promise<number[]> {
  const sites = await Promise.all(counts.map(openSite));
  const sink = createSocket('udp4').bind(0, ip);
  await once(sink, 'listening');
  const { producer, stop } = await publish(sites[0]);
  try {
    for (const [index, site] of sites.entries()) {
      if (index > 0) {
        const router = site.router;
        await sites[0]?.router.pipeToRouter({ producerId: producer.id, router, enableSrtp: true });
      }
      const arrivals = Array.from({ length: counts[index] ?? 0 }, () =>
        watch(site.router, producer.id, sink.address().port),
      );
      await Promise.all(arrivals);
    }
    const before = await readings(sites, producer);
    await pause(round_ms);
    const after = await readings(sites, producer);
    const packets = (after.packets - before.packets) * viewers;
    return after.cpu_ms.map((ms, index) => ((ms - (before.cpu_ms[index] ?? 0)) * 1_000) / packets);
  } finally {
    stop();
    sites.forEach(({ worker }) => worker.close());
    sink.close();
  }
}

async function openSite(): Promise<Site> {
  const worker = await createWorker({ logLevel: 'error' });
  return { worker, router: await worker.createRouter({ mediaCodecs: [...mediaCodecs] }) };
}

async function publish(
  site: Site | undefined,
): Promise<{ producer: types.Producer; stop: () => void }> {
  if (site === undefined) {
    throw new Error('a stream has to be published somewhere');
  }
  const transport = await site.router.createPlainTransport({ listenInfo, comedia: true });
  const codecs = [{ mimeType: 'audio/opus', payloadType, clockRate: 48_000, channels: 2 }];
  const rtpParameters = { codecs, encodings: [{ ssrc }] };
  const producer = await transport.produce({ kind: 'audio', rtpParameters });
  const socket = createSocket('udp4');
  const began_ms = performance.now();
  let sent = 0;
  // What a late timer missed is made up for: the rate holds on a busy machine.
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began_ms) * packetsPerSecond) / 1_000);
    for (; sent < due; sent += 1) {
      socket.send(packet(sent), transport.tuple.localPort, ip);
    }
  }, 1_000 / packetsPerSecond);
  const stop = (): void => {
    clearInterval(timer);
    socket.close();
  };
  return { producer, stop };
}

/** RFC 3550, section 5.1. */
function packet(number: number): Buffer {
  const bytes = Buffer.alloc(12 + payload_bytes);
  bytes.writeUInt8(0x80, 0);
  bytes.writeUInt8(payloadType, 1);
  bytes.writeUInt16BE(number % 2 ** 16, 2);
  bytes.writeUInt32BE((number * (48_000 / packetsPerSecond)) % 2 ** 32, 4);
  bytes.writeUInt32BE(ssrc, 8);
  return bytes;
}

async function watch(router: types.Router, producerId: string, port: number): Promise<void> {
  const transport = await router.createPlainTransport({
    listenInfo,
    rtcpMux: true,
    enableSrtp: true,
  });
  const cryptoSuite = 'AES_CM_128_HMAC_SHA1_80';
  const keyBase64 = randomBytes(30).toString('base64');
  await transport.connect({ ip, port, srtpParameters: { cryptoSuite, keyBase64 } });
  await transport.consume({ producerId, rtpCapabilities: router.rtpCapabilities });
}

async function readings(
  sites: readonly Site[],
  producer: types.Producer,
): Promise<{ packets: number; cpu_ms: number[] }> {
  const usages = await Promise.all(sites.map(({ worker }) => worker.getResourceUsage()));
  const stats = await producer.getStats();
  return {
    packets: stats[0]?.packetCount ?? 0,
    cpu_ms: usages.map(({ ru_utime, ru_stime }) => ru_utime + ru_stime),
  };
}
