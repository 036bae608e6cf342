import * as v from 'valibot';
import type { Adaptation } from '../adaptation.ts';
import { AdaptationScheme } from '../adaptation.ts';
import { Priority, StrategyId } from '../priorities.ts';
import type { MaxVideo } from './bandwidth.ts';
import type { StreamConfig } from './controller-erizo.ts';

/** What Licode's clients say of streams and of their connections, in the words of ErizoJS. */

const muted = v.pipe(
  v.optional(v.nullable(v.boolean()), false),
  v.transform((value) => value === true),
);
/** Licode: -1 leaves the choice to the server. */
const layer = v.pipe(
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(-1), v.maxValue(7))),
  v.transform((value) => (value === -1 ? undefined : value)),
);
/** Licode: yes is a key frame each 2 s, a number is the period in milliseconds, within 2 to 10 s. */
const slideShow = v.pipe(
  v.nullable(v.union([v.boolean(), v.number()])),
  v.transform((mode) =>
    mode === false || mode === null
      ? 0
      : Math.round(Math.min(Math.max(mode === true ? 0 : mode, 2_000), 10_000)),
  ),
);
const kbps = v.pipe(v.number(), v.minValue(1), v.maxValue(1_000_000));
/** 0 is none. */
const kbpsOrNone = v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000));

/** Licode: `{ max }`; whatever else is said of a side limits nothing. */
const side = v.fallback(
  v.optional(
    v.object({ max: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(100_000))) }),
    {},
  ),
  {},
);
const constraints = v.union([
  v.boolean(),
  v.null(),
  v.object({ width: side, height: side, frameRate: side }),
]);

function videoOf(said: v.InferOutput<typeof constraints>): { wanted: boolean; maxVideo: MaxVideo } {
  const { width, height, frameRate } = typeof said === 'object' && said !== null ? said : {};
  const maxVideo: MaxVideo = {
    ...(width?.max === undefined ? {} : { width: width.max }),
    ...(height?.max === undefined ? {} : { height: height.max }),
    ...(frameRate?.max === undefined ? {} : { frameRate: frameRate.max }),
  };
  return { wanted: said !== false && said !== null, maxVideo };
}

/** `true`, or constraints of which the `max` count; none where nothing is said. */
const video = v.pipe(v.optional(constraints, false), v.transform(videoOf));
/** The same, wanted where nothing is said. */
export const anyVideo = v.pipe(v.optional(constraints, true), v.transform(videoOf));
/** Licode's apps say a number or a text; a priority that nobody knows is like none. */
const priority = v.pipe(
  v.nullable(v.union([v.string(), v.number()])),
  v.transform((said) => (said === null ? 'default' : String(said))),
  v.fallback(Priority, 'default'),
);

export const muteEntry = v.optional(v.nullable(v.object({ audio: muted, video: muted })));

const configEntries = {
  muteStream: muteEntry,
  slideShowMode: v.optional(slideShow),
  maxVideoBW: v.optional(v.nullable(kbps)),
  priorityLevel: v.optional(priority),
  /** Ours: its video is sent, however few are wanted (`setLastN`). */
  pinned: v.optional(v.boolean()),
};

interface Said {
  muteStream?: { audio: boolean; video: boolean } | null | undefined;
  slideShowMode?: number | undefined;
  maxVideoBW?: number | null | undefined;
  priorityLevel?: StreamConfig['priority'];
  pinned?: boolean | undefined;
}

function configOf(said: Said): StreamConfig {
  const { muteStream, slideShowMode, maxVideoBW, priorityLevel, pinned } = said;
  return {
    ...(muteStream === undefined || muteStream === null ? {} : { muteStream }),
    ...(slideShowMode === undefined ? {} : { slideShow_ms: slideShowMode }),
    ...(maxVideoBW === undefined || maxVideoBW === null ? {} : { maxVideo_kbps: maxVideoBW }),
    ...(priorityLevel === undefined ? {} : { priority: priorityLevel }),
    ...(pinned === undefined ? {} : { pinned }),
  };
}

/** What is said of a stream with `subscribe`; the config of `autoSubscribe` is the same. */
export const playEntries = { video, ...configEntries };

export function playConfigOf(said: Said & { video: { maxVideo: MaxVideo } }): StreamConfig {
  const { maxVideo } = said.video;
  return { ...configOf(said), ...(Object.keys(maxVideo).length === 0 ? {} : { maxVideo }) };
}

/** `config` of `updatestream`, of a stream that the client publishes or receives; what is not named stays. */
export const UpdateConfig = v.pipe(
  v.object({
    ...configEntries,
    video: v.optional(video),
    qualityLayer: v.optional(v.object({ spatialLayer: layer, temporalLayer: layer })),
    slideShowBelowLayer: v.optional(
      v.object({
        enabled: v.boolean(),
        spatialLayer: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(7)), 0),
      }),
    ),
    minVideoBW: v.optional(v.nullable(kbpsOrNone)),
  }),
  v.transform(({ qualityLayer, slideShowBelowLayer, minVideoBW, video: size, ...said }) => {
    const { spatialLayer, temporalLayer } = qualityLayer ?? {};
    const { enabled, spatialLayer: least } = slideShowBelowLayer ?? { enabled: false };
    const config: StreamConfig = {
      ...configOf(said),
      ...(size === undefined ? {} : { maxVideo: size.maxVideo }),
      ...(qualityLayer === undefined
        ? {}
        : { qualityLayer: { spatial: spatialLayer, temporal: temporalLayer } }),
      ...(slideShowBelowLayer === undefined
        ? {}
        : { slideShowBelow: enabled ? (least ?? 0) : null }),
    };
    return { config, minVideo_kbps: minVideoBW ?? undefined };
  }),
);

/** What a publisher says of the least that its subscribers are to get; Licode's default is `notify`. */
export const adaptationEntries = {
  minVideoBW: v.optional(v.nullable(kbpsOrNone)),
  scheme: v.optional(v.fallback(AdaptationScheme, 'notify'), 'notify'),
};

export function adaptationOf(said: {
  minVideoBW?: number | null | undefined;
  scheme: AdaptationScheme;
}): Adaptation | undefined {
  const { minVideoBW, scheme } = said;
  const isNone = minVideoBW === undefined || minVideoBW === null || minVideoBW < 1;
  return isNone ? undefined : { scheme, minVideo_kbps: minVideoBW };
}

/** `setStreamPriorityStrategy`: the name of one → `()`; one that nobody knows is none (Licode). */
export const StrategyMessage = v.fallback(v.optional(StrategyId), undefined);

/** `setConnectionTargetBandwidth`: bit/s → `()`; 0 is none, and less than 30 kbit/s is that. */
export const TargetMessage = v.pipe(
  v.number(),
  v.minValue(0),
  v.maxValue(1_000_000_000),
  v.transform((bps) => (bps === 0 ? undefined : Math.max(30_000, Math.round(bps)))),
);
