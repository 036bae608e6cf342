import type { LookupFunction } from 'node:net';
import type { Remote } from '../remote.ts';
import type { RefusalReason } from './refusal.ts';

/** What the server of either protocol is given by its forwarder. */
export interface ForwarderParts {
  remote: Remote;
  /** Its addresses, as they were when the input began. */
  lookup: LookupFunction;
  /** The path that ffmpeg was told; nobody else gets anything. */
  path: string;
  /** The source is given up. */
  refuse: (reason: RefusalReason) => void;
  /** Everything that is open ends with it. */
  signal: AbortSignal;
}
