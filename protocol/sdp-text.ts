/**
 * What may stand in a line of an SDP, whoever says it: a client in its own SDP, or another node in the parameters of a
 * track. A line break in it would begin a line of somebody else's.
 */

/** A token (RFC 8866, section 9). */
export const sdpToken = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,64}$/;

/** Words, of printable ASCII. */
export const sdpText = /^[\x20-\x7e]{1,256}$/;

/** The id of a simulcast encoding (RFC 8851, section 10). */
export const sdpRid = /^[0-9A-Za-z_-]{1,32}$/;

/** The parameters of one format together, in characters (`a=fmtp`). */
export const fmtp_chars = 1_024;

/** The name of a parameter of a format, and its value, which ends where the next parameter begins. */
export const fmtpName = /^[\w.-]{1,64}$/;
export const fmtpValue = /^[\x21-\x3a\x3c-\x7e]{0,1024}$/;
