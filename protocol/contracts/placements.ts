import * as v from 'valibot';
import { NodeId, RegionId, RoomId } from '../ids.ts';
import { NodeLoad } from './node-edge.ts';
import { CreateTokenRequest } from './rest.ts';

/** How participants are placed; a deployment chooses one by name (`RIZOMA_PLACEMENT`). */
export const PlacementPolicyName = v.picklist(['nearest', 'least_loaded', 'first_joiner']);

/** Every rule that a policy may have; the pin itself is above all policies. */
export const PlacementRuleName = v.picklist([
  'pinned',
  'sticky',
  'nearest',
  'spill',
  'first_joiner',
  'least_loaded',
  'anywhere',
]);

/** `POST /placements/explain`: a body as for a token, and the room if it is to count. */
export const ExplainRequest = v.strictObject({
  ...CreateTokenRequest.entries,
  room: v.optional(RoomId),
});

/** What placement made of one node, and the number that decided it. */
export const PlacementCandidate = v.object({
  nodeId: NodeId,
  region: RegionId,
  outcome: v.picklist(['taken', 'alternative', 'refused']),
  /** The rule that took or refused it; `controller`, `pin`, `draining` and `full` refuse before any rule. */
  rule: v.picklist(['controller', 'pin', 'draining', 'full', ...PlacementRuleName.options]),
  why: v.string(),
  number: v.number(),
  unit: v.picklist(['ms', 'cpu', 'position', 'controllers', 'regions', 'clients']),
  /** Estimated round trip of the participant to the region; absent where its place is unknown. */
  delay_ms: v.optional(v.number()),
  /** As reported, and those on the way counted in. */
  load: NodeLoad,
});

/** The answer to `POST /placements/explain`, a dry run: candidates in the order they would be offered. */
export const ExplainAnswer = v.object({
  policy: PlacementPolicyName,
  /** The rule that hit; absent where nobody could be placed. */
  rule: v.optional(PlacementRuleName),
  passedOver: v.array(v.object({ rule: PlacementRuleName, why: v.string() })),
  candidates: v.array(PlacementCandidate),
});

export type PlacementPolicyName = v.InferOutput<typeof PlacementPolicyName>;
export type PlacementRuleName = v.InferOutput<typeof PlacementRuleName>;
export type ExplainRequest = v.InferOutput<typeof ExplainRequest>;
export type PlacementCandidate = v.InferOutput<typeof PlacementCandidate>;
export type ExplainAnswer = v.InferOutput<typeof ExplainAnswer>;
