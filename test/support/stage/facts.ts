import * as v from 'valibot';
import { Secrets } from '../../../infra/secrets.ts';

/** What test files are told of the system and the Chromium that they share. */
export const SharedFacts = v.object({
  edgeUrl: v.string(),
  runId: v.string(),
  /** Has the logs, in `log/`. */
  stateDir: v.string(),
  /** Of all nodes, as if they had one disk. */
  recordingDir: v.string(),
  secrets: Secrets,
  nodes: v.array(
    v.object({ region: v.string(), nodeId: v.string(), ip: v.string(), httpUrl: v.string() }),
  ),
  /** Where Playwright connects to the Chromium. */
  chromiumEndpoint: v.string(),
});
export type SharedFacts = v.InferOutput<typeof SharedFacts>;

declare module 'vitest' {
  export interface ProvidedContext {
    stage: {
      /** Answers with the facts as JSON; the first request starts what they are about. */
      readonly url: string;
      /** The regions that the file of each worker has to itself, by the number of the worker less 1. */
      readonly regionsByWorker: readonly (readonly string[])[];
    };
  }
}
