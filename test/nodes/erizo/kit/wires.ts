import { newCurveKeyPair } from '../../../../nodes/link/zmq-curve.ts';
import { place } from '../../../support/place.ts';
import { memberKey, testSockets } from '../../../support/zmq.ts';

/** The regions of these tests, and where the node of each listens. */
export const regionIps = {
  'eu-west': place.ip(1),
  'us-east': place.ip(2),
  'ap-northeast': place.ip(3),
} as const;
export type Region = keyof typeof regionIps;

/** Of the test and of all nodes in it. */
export const own = newCurveKeyPair();
const nodes = Object.entries(regionIps).map(([region, mediaIp]) => ({
  ...{ nodeId: `node-${region}`, region, mediaIp },
}));
const sockets = await testSockets({}, { nodeId: 'test-1', region: 'eu-west', own });
/** What its agent tells an ErizoJS process. */
export const keys = [...nodes, { nodeId: 'test-1', region: 'eu-west' }].map((node) =>
  memberKey(node, own),
);
sockets.keyring.replace(keys);

/** How the test, as agent and as controller, speaks with ErizoJS processes. */
export const { zmq, close: closeWires } = sockets;
