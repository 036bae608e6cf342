/** The video of a stream on a connection, as it comes in: the bitrates of its layers, the lowest first. */
export interface Demand {
  readonly streamId: string;
  /** Each with those below it that it needs; none where it sends nothing now. */
  readonly layers_bps: readonly number[];
}

/**
 * What each video may take of the bandwidth of its connection, in bit/s: fair shares, of which nobody
 * takes more than it has to send, and on top of it what nobody needs, which any of them could have.
 */
export function sharesOf(
  available_bps: number,
  demands: readonly Demand[],
): ReadonlyMap<string, number> {
  const rising = demands
    .map(({ streamId, layers_bps }) => ({ streamId, wanted_bps: Math.max(0, ...layers_bps) }))
    .toSorted((one, other) => one.wanted_bps - other.wanted_bps);
  let left_bps = Math.max(0, available_bps);
  const taken = rising.map(({ streamId, wanted_bps }, index) => {
    const taken_bps = Math.min(wanted_bps, left_bps / (rising.length - index));
    left_bps -= taken_bps;
    return { streamId, taken_bps };
  });
  return new Map(taken.map(({ streamId, taken_bps }) => [streamId, taken_bps + left_bps]));
}
