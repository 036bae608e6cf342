import * as v from 'valibot';
import { Adaptation, BandwidthAlert } from '../adaptation.ts';
import type { Contract } from '../contract.ts';
import { ClientId, ConnectionId, StreamId } from '../ids.ts';
import { Priority, StrategyId } from '../priorities.ts';

/** The worker takes no lower limit of a connection. */
const leastTarget_bps = 30_000;

/** What a client says of all its connections (Licode: `streamPriorityStrategy`, `connectionTargetBw`). */
export const ClientBandwidth = v.strictObject({
  /** How the streams that it plays share a connection; the worker's own way where it is absent. */
  strategy: v.optional(StrategyId),
  /** What each connection takes at most; as much as goes where it is absent. */
  target_bps: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(leastTarget_bps), v.maxValue(1_000_000_000)),
  ),
});

const side = v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(100_000)));

/** The largest picture, in pixels and frames a second, that a subscriber has a use for. */
export const MaxVideo = v.strictObject({ width: side, height: side, frameRate: side });

/** What may be said of the bandwidth of a stream that is played. */
export const bandwidthEntries = {
  /** Slides where this spatial layer does not fit; null for none. */
  slideShowBelow: v.optional(
    v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(7))),
  ),
  priority: v.optional(Priority),
  maxVideo: v.optional(MaxVideo),
  /** As its publisher wants it, from the controller; null for nothing. */
  adaptation: v.optional(v.nullable(Adaptation)),
};

/** What a controller asks of an ErizoJS process. */
export const bandwidthToErizo = {
  /** In the place of what was said before (Licode: `setClientStreamPriorityStrategy` and its like). */
  setClientBandwidth: {
    params: v.strictObject({ clientId: ClientId, bandwidth: ClientBandwidth }),
    result: v.null(),
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
} as const satisfies Contract;

/** What an ErizoJS process tells the controller of a client. */
export const bandwidthToController = {
  /** A stream that it plays gets less than its publisher wants, or enough again. */
  bandwidthAlert: {
    params: v.strictObject({
      clientId: ClientId,
      streamId: StreamId,
      message: BandwidthAlert,
      /** What the video may take; 0 where no more is tried. */
      bandwidth_bps: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    }),
    notify: true,
  },
  /** How good a connection is: 2 good, 1 low, 0 very low. */
  qualityLevel: {
    params: v.strictObject({
      clientId: ClientId,
      connectionId: ConnectionId,
      level: v.picklist([0, 1, 2]),
    }),
    notify: true,
  },
} as const satisfies Contract;

export type ClientBandwidth = v.InferOutput<typeof ClientBandwidth>;
export type MaxVideo = v.InferOutput<typeof MaxVideo>;
