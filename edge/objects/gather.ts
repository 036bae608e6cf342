import type { Gathered } from './api.ts';

/** Asks all nodes at once, keeps what they answer, and names those that do not. */
export async function gather<T>(
  nodeIds: readonly string[],
  ask: (nodeId: string) => Promise<T>,
): Promise<Gathered<T>> {
  const outcomes = await Promise.allSettled(nodeIds.map(ask));
  const answers = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  );
  const missing = nodeIds.filter((_, index) => outcomes[index]?.status === 'rejected');
  return { answers, missing };
}
