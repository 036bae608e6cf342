/** The `rid`s of simulcast layers (RFC 8851), the lowest first: quarter, half and full size of three. */
const rids = ['q', 'h', 'f'] as const;

/** How many simulcast layers a video is sent in. */
export type LayerCount = 1 | 2 | 3;

/**
 * The encodings of a video, the lowest layer first, as the server counts them: each has half the width and
 * height of the next, and a quarter of its bits.
 */
export function encodingsOf(
  layers: LayerCount,
  maxBitrate_bps: number,
): RTCRtpEncodingParameters[] {
  if (layers === 1) {
    return [{ maxBitrate: maxBitrate_bps }];
  }
  return rids.slice(-layers).map((rid, index) => {
    const halvings = layers - 1 - index;
    return {
      rid,
      scaleResolutionDownBy: 2 ** halvings,
      maxBitrate: Math.round(maxBitrate_bps / 4 ** halvings),
    };
  });
}

/** Sends the layers up to this one, or none: the encoder spends nothing on the others. */
export async function sendUpTo(sender: RTCRtpSender, spatial: number | null): Promise<void> {
  const parameters = sender.getParameters();
  for (const [index, encoding] of parameters.encodings.entries()) {
    encoding.active = spatial !== null && index <= spatial;
  }
  await sender.setParameters(parameters);
}
