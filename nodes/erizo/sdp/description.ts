import * as v from 'valibot';
import { limits } from '../../../protocol/limits.ts';
import { fmtp_chars, sdpRid, sdpText, sdpToken } from '../../../protocol/sdp-text.ts';

/** What is read of an SDP, as the parser gives it: everything else in it is passed over. */

// The parser makes numbers of all that looks like one.
const anyText = v.pipe(v.union([v.string(), v.number()]), v.transform(String));
// What may be written back into an SDP without a second thought.
const token = v.pipe(anyText, v.regex(sdpToken));
const text = v.pipe(anyText, v.regex(sdpText));
const payloadType = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(127));
const ssrc = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0xffff_ffff));

const transportEntries = {
  // The lengths and letters of RFC 8839, section 5.4.
  iceUfrag: v.optional(v.pipe(anyText, v.regex(/^[0-9A-Za-z+/]{4,256}$/))),
  icePwd: v.optional(v.pipe(anyText, v.regex(/^[0-9A-Za-z+/]{22,256}$/))),
  fingerprint: v.optional(
    v.object({
      type: v.pipe(
        v.string(),
        v.toLowerCase(),
        v.picklist(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
      ),
      hash: v.pipe(v.string(), v.toUpperCase(), v.regex(/^[0-9A-F]{2}(?::[0-9A-F]{2}){15,63}$/)),
    }),
  ),
  setup: v.optional(v.picklist(['actpass', 'active', 'passive'])),
  direction: v.optional(v.picklist(['sendrecv', 'sendonly', 'recvonly', 'inactive'])),
  ext: v.optional(
    v.pipe(
      v.array(v.object({ value: v.pipe(v.number(), v.integer(), v.minValue(1)), uri: v.string() })),
      // Those above all count for each m-section.
      v.maxLength(64),
    ),
    [],
  ),
  extmapAllowMixed: v.optional(v.string()),
};

export const MediaShape = v.object({
  ...transportEntries,
  type: v.picklist(['audio', 'video', 'application']),
  port: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)),
  protocol: text,
  payloads: v.optional(text),
  mid: v.optional(token),
  bundleOnly: v.optional(v.string()),
  /** Lines that the parser does not know, as it knows no `msid` with the braces of Firefox. */
  invalid: v.optional(v.array(v.object({ value: v.string() })), []),
  msid: v.optional(v.array(v.object({ id: token, appdata: v.optional(token) })), []),
  rtp: v.pipe(
    v.array(
      v.object({
        payload: payloadType,
        codec: token,
        rate: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
        encoding: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
      }),
    ),
    v.maxLength(128),
  ),
  fmtp: v.pipe(
    v.array(v.object({ payload: payloadType, config: v.pipe(anyText, v.maxLength(fmtp_chars)) })),
    v.maxLength(256),
  ),
  rtcpFb: v.optional(
    v.pipe(
      v.array(
        v.object({
          payload: v.union([payloadType, v.literal('*')]),
          type: token,
          subtype: v.optional(text),
        }),
      ),
      v.maxLength(1_024),
    ),
    [],
  ),
  ssrcs: v.optional(
    v.pipe(
      v.array(v.object({ id: ssrc, attribute: v.string(), value: v.optional(text) })),
      v.maxLength(256),
    ),
    [],
  ),
  ssrcGroups: v.optional(
    v.pipe(
      v.array(
        v.object({ semantics: v.string(), ssrcs: v.pipe(anyText, v.regex(/^\d+(?: \d+)*$/)) }),
      ),
      v.maxLength(256),
    ),
    [],
  ),
  rids: v.optional(
    v.pipe(
      v.array(
        v.object({
          // mediasoup takes them as text of any length.
          id: v.pipe(anyText, v.regex(sdpRid)),
          direction: v.picklist(['send', 'recv']),
        }),
      ),
      v.maxLength(8),
    ),
    [],
  ),
});

export const SessionShape = v.object({
  ...transportEntries,
  origin: v.optional(v.object({ username: anyText }), { username: '' }),
  groups: v.optional(v.array(v.object({ type: v.string(), mids: anyText })), []),
  media: v.pipe(
    v.array(MediaShape),
    v.minLength(1, 'there is no m-section'),
    v.maxLength(limits.sdpSections),
  ),
});

export type MediaShape = v.InferOutput<typeof MediaShape>;
export type SessionShape = v.InferOutput<typeof SessionShape>;
