import * as v from 'valibot';

/** The node that is flooded, and the edge by which its clients come. */
export const Target = v.object({
  edgeUrl: v.string(),
  /** `host:port` of the node's controller. */
  host: v.string(),
  region: v.string(),
});
export type Target = v.InferOutput<typeof Target>;

/** What a flood did, for the reader of the table: messages, refusals, handshakes. */
export type Counts = Record<string, number>;

/** A flood whose clients are there. */
export interface Running {
  /** Floods until it is called. */
  start(): () => void;
  readonly counts: Counts;
  /** Its clients leave. */
  close(): Promise<void>;
}

/** What the product's own bounds let through, and somewhat more. */
export interface Flood {
  /** What it sends, against which bounds. */
  readonly note: string;
  open(target: Target): Promise<Running>;
}

/** Counts an answer of the controller: a refusal begins with null, and its words with the code. */
export function countAnswer(counts: Counts, answer: readonly unknown[] | undefined): void {
  const isRefusal = answer !== undefined && answer[0] === null && answer.length > 1;
  const code = String(answer?.[1]).split(':')[0] ?? '';
  count(counts, answer === undefined ? 'unanswered' : isRefusal ? code : 'taken');
}

export function count(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
