import * as v from 'valibot';
import { fmtp_chars, fmtpName, fmtpValue, sdpRid, sdpText, sdpToken } from '../sdp-text.ts';

/** ORTC RTP parameters as they cross a pipe (mediasoup: `RtpParameters`). All of its text may end up in an SDP. */

const token = v.pipe(v.string(), v.regex(sdpToken, 'a token of SDP'));
const text = v.pipe(v.string(), v.regex(sdpText, 'printable ASCII in one line'));
const ssrc = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0xffff_ffff));
const payloadType = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(127));
const size = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));

const value = v.union([
  v.pipe(
    v.string(),
    v.regex(fmtpValue, 'printable ASCII in one line, without spaces or semicolons'),
  ),
  v.pipe(v.number(), v.finite()),
  v.boolean(),
  v.null(),
]);

const parameters = v.pipe(
  v.record(v.pipe(v.string(), v.regex(fmtpName, 'the name of a parameter')), value),
  v.check(
    (all) => Object.entries(all).join(';').length <= fmtp_chars,
    `parameters of a format have up to ${fmtp_chars} characters`,
  ),
);

const feedback = v.strictObject({
  type: token,
  /** Empty where there is none. */
  parameter: v.optional(v.union([v.literal(''), text])),
});

const Codec = v.object({
  mimeType: v.pipe(v.string(), v.regex(/^(audio|video)\/[A-Za-z0-9-]{1,32}$/)),
  payloadType,
  clockRate: size(0xffff_ffff),
  channels: v.optional(size(255)),
  parameters: v.optional(parameters),
  /** Browsers have some five of each codec. */
  rtcpFeedback: v.optional(v.pipe(v.array(feedback), v.maxLength(32))),
});

const HeaderExtension = v.object({
  uri: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,256}$/, 'a URI')),
  id: size(255),
  encrypt: v.optional(v.boolean()),
  parameters: v.optional(parameters),
});

const Encoding = v.object({
  ssrc: v.optional(ssrc),
  rid: v.optional(v.pipe(v.string(), v.regex(sdpRid))),
  codecPayloadType: v.optional(payloadType),
  rtx: v.optional(v.object({ ssrc })),
  dtx: v.optional(v.boolean()),
  /** `L3T3_KEY`. */
  scalabilityMode: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_]{1,16}$/))),
  scaleResolutionDownBy: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(1_024))),
  maxBitrate: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff))),
});

export const RtpParameters = v.object({
  mid: v.optional(token),
  msid: v.optional(text),
  codecs: v.pipe(v.array(Codec), v.minLength(1), v.maxLength(16)),
  /** Of the ids that the two-byte form has nobody uses a quarter. */
  headerExtensions: v.optional(v.pipe(v.array(HeaderExtension), v.maxLength(64))),
  /** Simulcast has three. */
  encodings: v.optional(v.pipe(v.array(Encoding), v.maxLength(16))),
  rtcp: v.optional(
    v.object({
      cname: v.optional(text),
      reducedSize: v.optional(v.boolean()),
      mux: v.optional(v.boolean()),
    }),
  ),
});
