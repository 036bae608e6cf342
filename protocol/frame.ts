import * as v from 'valibot';
import { RizomaError } from './errors.ts';
import { limits } from './limits.ts';
import { checkNesting } from './nesting.ts';
import { parse } from './parse.ts';

const CallId = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Method = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/** What travels on a link: JSON text, one frame a message. */
export const Frame = v.variant('t', [
  v.strictObject({
    t: v.literal('call'),
    id: CallId,
    method: Method,
    params: v.unknown(),
    /** The remaining time travels, never a clock reading: clocks of hosts differ. */
    timeout_ms: v.pipe(v.number(), v.minValue(0), v.maxValue(600_000)),
  }),
  v.strictObject({ t: v.literal('part'), id: CallId, value: v.unknown() }),
  v.strictObject({ t: v.literal('result'), id: CallId, value: v.optional(v.unknown()) }),
  v.strictObject({
    t: v.literal('error'),
    id: CallId,
    code: v.pipe(v.string(), v.maxLength(64)),
    message: v.pipe(v.string(), v.maxLength(2_048)),
    details: v.optional(v.record(v.string(), v.unknown())),
  }),
  v.strictObject({ t: v.literal('cancel'), id: CallId }),
  v.strictObject({ t: v.literal('notify'), method: Method, params: v.unknown() }),
]);

export type Frame = v.InferOutput<typeof Frame>;

export function encodeFrame(frame: Frame): string {
  return JSON.stringify(frame);
}

/** Throws `bad_request` where the text is not a frame. */
export function decodeFrame(text: string): Frame {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    throw new RizomaError('bad_request', 'frame is not JSON');
  }
  checkNesting(input, 'frame', limits.frameNesting);
  return parse(Frame, input, 'frame');
}
