import { assertNever } from '../../../protocol/assert-never.ts';
import type { Adaptation, BandwidthAlert } from '../../../protocol/adaptation.ts';

/**
 * Licode's adaptation schemes: what is done for a subscriber whose video gets less than its publisher
 * wants. Pure; it is stepped once a second with what the video may take.
 */

/** Licode's numbers, in steps of a second. */
const steps = {
  /** Of so many bandwidths the mean counts. */
  samples: 5,
  /** So many bad ones, not rising, make it insufficient. */
  bad: 10,
  /** Without video before another try. */
  pause: 20,
  /** A try without any improvement. */
  try: 10,
  retries: 3,
} as const;
/** Less than this share of the minimum is too little. */
const tooLittle = 0.8;

type At =
  | { at: 'stable'; bad: number }
  /** Told that it is insufficient; the next step does what the scheme does about it. */
  | { at: 'breaking' }
  | { at: 'insufficient'; retries: number; waited: number }
  | { at: 'recovering'; retries: number; idle: number }
  | { at: 'ended' };

export type SchemeState = At & {
  /** The last bandwidths, in bit/s. */
  samples_bps: readonly number[];
  average_bps: number | undefined;
};

export type SchemeEffect =
  | { type: 'alert'; message: BandwidthAlert; bandwidth_bps: number }
  | { type: 'video'; video: 'all' | 'none' | 'slides' };

interface Outcome {
  state: At;
  effects: readonly SchemeEffect[];
}

export const newScheme: SchemeState = {
  at: 'stable',
  bad: 0,
  samples_bps: [],
  average_bps: undefined,
};

/** One second more: the video may take so much of the connection, in bit/s. */
export function schemeStep(
  state: SchemeState,
  { scheme, minVideo_kbps }: Adaptation,
  bandwidth_bps: number,
): { state: SchemeState; effects: readonly SchemeEffect[] } {
  const samples_bps = [...state.samples_bps, bandwidth_bps].slice(-steps.samples);
  const sum_bps = samples_bps.reduce((sum, one) => sum + one, 0);
  const average_bps = Math.ceil(sum_bps / samples_bps.length);
  const before_bps = state.average_bps;
  const measured = {
    average_bps,
    min_bps: minVideo_kbps * 1_000,
    rises: before_bps === undefined || average_bps > before_bps,
  };
  const outcome = stepOf(state, scheme, measured);
  return { state: { ...outcome.state, samples_bps, average_bps }, effects: outcome.effects };
}

interface Measured {
  average_bps: number;
  min_bps: number;
  rises: boolean;
}

function stepOf(state: At, scheme: Adaptation['scheme'], measured: Measured): Outcome {
  switch (state.at) {
    case 'stable':
      return whileStable(state.bad, scheme, measured);
    case 'breaking':
      return broken(scheme);
    case 'insufficient':
      return whileInsufficient(state, measured);
    case 'recovering':
      return whileRecovering(state, measured);
    case 'ended':
      return { state: { at: 'ended' }, effects: [] };
    default:
      return assertNever(state);
  }
}

function whileStable(
  before: number,
  scheme: Adaptation['scheme'],
  { average_bps, min_bps, rises }: Measured,
): Outcome {
  if (average_bps >= min_bps * tooLittle) {
    return { state: { at: 'stable', bad: 0 }, effects: [] };
  }
  const bad = rises ? before : before + 1;
  if (bad <= steps.bad) {
    return { state: { at: 'stable', bad }, effects: [] };
  }
  const effects: SchemeEffect[] = [alert('insufficient', average_bps)];
  switch (scheme) {
    case 'notify':
      return { state: { at: 'stable', bad: 0 }, effects };
    case 'notify-slideshow':
      return { state: { at: 'breaking' }, effects };
    case 'notify-break':
      return { state: { at: 'breaking' }, effects: [...effects, video('none')] };
    case 'notify-break-recover':
      return {
        state: { at: 'insufficient', retries: 0, waited: 0 },
        effects: [...effects, video('none')],
      };
    default:
      return assertNever(scheme);
  }
}

/** The last of it. Licode says a bandwidth of 0 then. */
function broken(scheme: Adaptation['scheme']): Outcome {
  const effects =
    scheme === 'notify-slideshow'
      ? [video('slides'), alert('slideshow', 0)]
      : [video('none'), alert('audio-only', 0)];
  return { state: { at: 'ended' }, effects };
}

function whileInsufficient(
  { retries, waited }: { retries: number; waited: number },
  { average_bps, min_bps }: Measured,
): Outcome {
  if (average_bps > min_bps) {
    return recovered(average_bps);
  }
  if (retries >= steps.retries) {
    return { state: { at: 'breaking' }, effects: [] };
  }
  if (waited + 1 < steps.pause) {
    return { state: { at: 'insufficient', retries, waited: waited + 1 }, effects: [] };
  }
  return { state: { at: 'recovering', retries, idle: 0 }, effects: [video('all')] };
}

function whileRecovering(
  { retries, idle }: { retries: number; idle: number },
  { average_bps, min_bps, rises }: Measured,
): Outcome {
  if (average_bps > min_bps) {
    return recovered(average_bps);
  }
  if (rises) {
    return { state: { at: 'recovering', retries, idle: 0 }, effects: [] };
  }
  if (idle + 1 < steps.try) {
    return { state: { at: 'recovering', retries, idle: idle + 1 }, effects: [] };
  }
  return {
    state: { at: 'insufficient', retries: retries + 1, waited: 0 },
    effects: [video('none')],
  };
}

function recovered(average_bps: number): Outcome {
  return {
    state: { at: 'stable', bad: 0 },
    effects: [video('all'), alert('recovered', average_bps)],
  };
}

function alert(message: BandwidthAlert, bandwidth_bps: number): SchemeEffect {
  return { type: 'alert', message, bandwidth_bps };
}

function video(what: 'all' | 'none' | 'slides'): SchemeEffect {
  return { type: 'video', video: what };
}
