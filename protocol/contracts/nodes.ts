import * as v from 'valibot';
import { PeerId } from '../ids.ts';
import { NodeCard, NodeLoad } from './node-edge.ts';

const { nodeId, epoch, region, jurisdiction, place, host, secure, version } = NodeCard.entries;
const seconds = v.pipe(v.number(), v.minValue(0));

/** One node as `GET /nodes` shows it. */
export const NodeAnswer = v.object({
  ...{ nodeId, epoch, region, jurisdiction, place, host, secure, version },
  state: NodeLoad.entries.state,
  /** Takes no new clients. */
  draining: v.boolean(),
  load: NodeLoad,
  /** Its number, counted for each node id, and for how long the node has had it. */
  lease: v.object({ number: v.number(), age_s: seconds }),
  certificate: v.optional(
    v.object({ peerId: PeerId, expires: v.pipe(v.string(), v.isoTimestamp()) }),
  ),
});

/** `GET /nodes`: all that have a lease. */
export const NodesAnswer = v.object({ nodes: v.array(NodeAnswer) });

/** `GET /nodes/:nodeId`: and what only its own object knows. */
export const NodeDetailAnswer = v.object({
  ...NodeAnswer.entries,
  /** Whether its link stands now. */
  linked: v.boolean(),
  /** Since it was last heard; the lease is lost at `limits.lease_ms`. */
  silence_s: seconds,
});

export type NodeAnswer = v.InferOutput<typeof NodeAnswer>;
export type NodesAnswer = v.InferOutput<typeof NodesAnswer>;
export type NodeDetailAnswer = v.InferOutput<typeof NodeDetailAnswer>;
