import type { Secrets } from '../../../infra/secrets.ts';

/** What the global set-up tells test files of the system and the Chromium that they share; plain JSON. */
export interface SharedFacts {
  readonly edgeUrl: string;
  readonly runId: string;
  /** Has the logs, in `log/`. */
  readonly stateDir: string;
  /** Of all nodes, as if they had one disk. */
  readonly recordingDir: string;
  readonly secrets: Secrets;
  readonly nodes: readonly {
    readonly region: string;
    readonly nodeId: string;
    readonly ip: string;
    readonly httpUrl: string;
  }[];
  /** The regions that the file of each worker has to itself, by the number of the worker less 1. */
  readonly regionsByWorker: readonly (readonly string[])[];
  /** Where Playwright connects to the Chromium. */
  readonly chromiumEndpoint: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    shared: SharedFacts;
  }
}
