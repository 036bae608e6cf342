import { newCurveKeyPair } from '../../../../nodes/link/zmq-curve.ts';
import { memberKey, testSockets } from '../../../support/zmq.ts';

/** Of the test and of all nodes in it. */
export const own = newCurveKeyPair();
const nodes = Object.entries({
  'eu-west': '127.0.1.1',
  'us-east': '127.0.2.1',
  'ap-northeast': '127.0.3.1',
}).map(([region, mediaIp]) => ({ nodeId: `node-${region}`, region, mediaIp }));
const sockets = await testSockets({}, { nodeId: 'test-1', region: 'eu-west', own });
/** What its agent tells an ErizoJS process. */
export const keys = [...nodes, { nodeId: 'test-1', region: 'eu-west' }].map((node) =>
  memberKey(node, own),
);
sockets.keyring.replace(keys);

/** How the test, as agent and as controller, speaks with ErizoJS processes. */
export const { zmq, close: closeWires } = sockets;
