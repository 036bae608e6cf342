import { newCurveKeyPair } from '../../../../nodes/link/zmq-curve.ts';
import type { ZmqSockets } from '../../../../nodes/link/zmq-sockets.ts';
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
/** The agent of the test, and controllers: a process serves none of other regions than its own. */
const callers = Object.keys(regionIps).map((region) => ({ nodeId: `test-${region}`, region }));
const all = await Promise.all(callers.map((node) => testSockets({}, { ...node, own })));
/** What its agent tells an ErizoJS process. */
export const keys = [...nodes, ...callers].map((node) => memberKey(node, own));
for (const { keyring } of all) {
  keyring.replace(keys);
}

/** How a controller of the region speaks with ErizoJS processes. */
export function controllerIn(region: string): ZmqSockets {
  const found = all.find(({ member }) => member.region === region);
  if (found === undefined) {
    throw new Error(`these tests have no region ${region}`);
  }
  return found.zmq;
}

/** How the test, as agent, does. */
export const zmq = controllerIn('eu-west');

export function closeWires(): void {
  for (const sockets of all) {
    sockets.close();
  }
}
