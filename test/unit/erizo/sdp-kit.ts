import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { generateRouterRtpCapabilities } from 'mediasoup/ortc';
import { capabilitiesOf } from '../../../nodes/erizo/engine.ts';
import { mediaCodecs } from '../../../nodes/erizo/media-codecs.ts';
import type { Capabilities, LocalTransport } from '../../../nodes/erizo/media.ts';

/** What a router with our codecs can do, without a worker. */
export const capabilities: Capabilities = capabilitiesOf(
  generateRouterRtpCapabilities(mediaCodecs),
);

/** An SDP that a browser wrote; Firefox's is put together after what it is documented to write. */
export function fixture(name: string): string {
  return readFileSync(resolve(import.meta.dirname, '../../fixtures/sdp', `${name}.sdp`), 'utf8');
}

export const fixtures = [
  'chromium-publish',
  'chromium-sendrecv',
  'chromium-two-streams',
  'chromium-simulcast',
  'chromium-receive',
  'firefox-publish',
  // Of Licode's client in Chromium, with `singlePC`: four offers on one connection, and one of another.
  'licode-publish',
  'licode-two-streams',
  'licode-unpublished',
  'licode-published-again',
  'licode-restart',
] as const;

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
