import { pino } from 'pino';
import { Keyring } from '../../nodes/link/keyring.ts';
import type { CurveKeyPair } from '../../nodes/link/zmq-curve.ts';
import { newCurveKeyPair } from '../../nodes/link/zmq-curve.ts';
import { ZmqSockets } from '../../nodes/link/zmq-sockets.ts';
import type { MemberKey } from '../../protocol/certificate.ts';
import { systemClock } from '../../protocol/clock.ts';
import type { Log } from '../../nodes/log.ts';

export interface TestSockets {
  zmq: ZmqSockets;
  keyring: Keyring;
  /** Those who tried to connect and are no members. */
  readonly refused: number;
  /** What the others are to know of it. */
  member: MemberKey;
  close(): void;
}

export interface TestSocketsOptions {
  nodeId: string;
  region: string;
  mediaIp?: string;
  own?: CurveKeyPair;
  localDir?: string;
}

/** The sockets of one process of a node, with a key of its own or the one that is given. */
export async function testSockets(
  components: { log?: Log } = {},
  options: TestSocketsOptions = { nodeId: 'test-1', region: 'test' },
): Promise<TestSockets> {
  const clock = systemClock;
  const log = components.log ?? pino({ level: 'silent' });
  const { nodeId, region, mediaIp = '127.0.0.1', own = newCurveKeyPair(), localDir } = options;
  const keyring = Keyring.create({ clock, log }, { nodeId, region, mediaIp, own });
  let refused = 0;
  const zmq = await ZmqSockets.create(
    { clock, log, keyring },
    { localDir, onRefused: () => (refused += 1) },
  );
  const close = (): void => {
    zmq.close();
    keyring.close();
  };
  return {
    get refused() {
      return refused;
    },
    zmq,
    keyring,
    member: memberKey({ nodeId, region, mediaIp }, own),
    close,
  };
}

/** As it would follow from a certificate of that node, good for an hour. */
export function memberKey(
  node: { nodeId: string; region: string; mediaIp?: string },
  { publicKey }: Pick<CurveKeyPair, 'publicKey'>,
): MemberKey {
  const expires_s = Math.floor(Date.now() / 1000) + 3_600;
  const { nodeId, region, mediaIp = '127.0.0.1' } = node;
  return { nodeId, region, curveKey: publicKey, mediaIp, expires_s };
}

/** Two nodes, of two regions, that know each other. */
export async function twoMembers(): Promise<[TestSockets, TestSockets]> {
  const here = await testSockets({}, { nodeId: 'eu-west-1', region: 'eu-west' });
  const there = await testSockets({}, { nodeId: 'us-east-1', region: 'us-east' });
  here.keyring.replace([there.member]);
  there.keyring.replace([here.member]);
  return [here, there];
}
