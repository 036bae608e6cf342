/** What a room's members hear of each other: the mean round trip of all pairs, over their nodes. */
export function roomDelay_ms(
  members: readonly number[],
  nodes: readonly number[],
  rtts_ms: readonly (readonly number[])[],
): number {
  const rtt_ms = (a: number | undefined, b: number | undefined): number =>
    rtts_ms[a ?? -1]?.[b ?? -1] ?? NaN;
  let sum_ms = 0;
  for (let i = 0; i < members.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      sum_ms +=
        rtt_ms(members[i], nodes[i]) + rtt_ms(nodes[i], nodes[j]) + rtt_ms(nodes[j], members[j]);
    }
  }
  return (2 * sum_ms) / (members.length * (members.length - 1));
}

/**
 * The least room delay that any assignment of the members to the regions has: an exhaustive search
 * that leaves a branch only where a lower bound of it is no better than what was found.
 */
export function leastDelay_ms(
  members: readonly number[],
  regions: readonly number[],
  rtts_ms: readonly (readonly number[])[],
): number {
  const rtt_ms = (a: number, b: number): number => rtts_ms[a]?.[b] ?? NaN;
  const least = (costs: number[]): number => Math.min(...costs);
  const onward = new Map(
    regions.map((a) => [
      a,
      members.map((q) => least(regions.map((b) => rtt_ms(a, b) + rtt_ms(b, q)))),
    ]),
  );
  /** The least that the pair of members i and j costs when i is at region a. */
  const half_ms = (i: number, a: number, j: number): number =>
    rtt_ms(members[i] ?? -1, a) + (onward.get(a)?.[j] ?? NaN);
  /** What the pairs among the members from each on cost at the least. */
  const open_ms = members.map(() => 0).concat(0);
  for (let i = members.length - 1; i >= 0; i -= 1) {
    const later = members.map((_, j) => j).filter((j) => j > i);
    const pairs = later.map((j) => least(regions.map((a) => half_ms(i, a, j))));
    open_ms[i] = (open_ms[i + 1] ?? NaN) + pairs.reduce((sum, cost) => sum + cost, 0);
  }
  const pairs = (members.length * (members.length - 1)) / 2;
  const nearest = members.map((p) =>
    regions.reduce((best, a) => (rtt_ms(p, a) < rtt_ms(p, best) ? a : best)),
  );
  let best_ms = roomDelay_ms(members, nearest, rtts_ms) * pairs;
  /** `toCome_ms`: for each member the least that its pairs with those who are placed cost. */
  const search = (placed: number[], cost_ms: number): void => {
    const i = placed.length;
    const member = members[i];
    if (member === undefined) {
      best_ms = Math.min(best_ms, cost_ms);
      return;
    }
    const branches = regions.map((a) => {
      let own_ms = cost_ms;
      for (const [j, b] of placed.entries()) {
        own_ms += rtt_ms(member, a) + rtt_ms(a, b) + rtt_ms(b, members[j] ?? -1);
      }
      let bound_ms = own_ms + (open_ms[i + 1] ?? NaN);
      for (let later = i + 1; later < members.length; later += 1) {
        bound_ms += half_ms(i, a, later);
        for (const [j, b] of placed.entries()) {
          bound_ms += half_ms(j, b, later);
        }
      }
      return { a, own_ms, bound_ms };
    });
    for (const { a, own_ms, bound_ms } of branches.toSorted((x, y) => x.bound_ms - y.bound_ms)) {
      if (bound_ms < best_ms - 1e-6) {
        search([...placed, a], own_ms);
      }
    }
  };
  search([], 0);
  return best_ms / pairs;
}
