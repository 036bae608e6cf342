import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateRouterRtpCapabilities } from 'mediasoup/ortc';
import { capabilitiesOf } from '../../../nodes/erizo/engine.ts';
import { mediaCodecs } from '../../../nodes/erizo/media-codecs.ts';
import type { Capabilities, LocalTransport } from '../../../nodes/erizo/media.ts';

/** What a router with our codecs can do, without a worker. */
export const capabilities: Capabilities = capabilitiesOf(
  generateRouterRtpCapabilities(mediaCodecs),
);

const folder = resolve(import.meta.dirname, '../../fixtures/sdp');

/**
 * An SDP that a browser wrote. Safari's, and Firefox's with H.264, which Debian's has no codec for, are put
 * together after what they are known to write.
 */
export function fixture(name: string): string {
  return readFileSync(join(folder, `${name}.sdp`), 'utf8');
}

const all = readdirSync(folder).map((file) => file.replace(/\.sdp$/, ''));
const isAnswer = (name: string): boolean => /-answer|-glare-taken/.test(name);

/** Offers, among them four of Licode's client in Chromium on one connection with `singlePC`. */
export const fixtures: readonly string[] = all.filter((name) => !isAnswer(name));

/** Answers to offers of ours. */
export const answers: readonly string[] = all.filter(isAnswer);

export const local: LocalTransport = {
  ice: { ufrag: 'ourUfrag', pwd: 'ourPasswordOfTwentyTwo' },
  fingerprint: { algorithm: 'sha-256', value: Array(32).fill('AB').join(':') },
  candidates: [
    {
      foundation: 'udpcandidate',
      priority: 1_078_862_079,
      address: '127.0.1.1',
      protocol: 'udp',
      port: 40_000,
    },
    {
      foundation: 'tcpcandidate',
      priority: 1_078_862_078,
      address: '127.0.1.1',
      protocol: 'tcp',
      port: 40_001,
    },
  ],
};

export const origin = { sessionId: '123456789012345678', version: 1 };
