import type { LookupFunction } from 'node:net';
import type { Remote } from '../remote.ts';
import type { RefusalReason } from './refusal.ts';

/** How long a forwarder waits, for what. */
export type ForwarderWaits = Record<'connect_ms' | 'silence_ms' | 'first_ms', number>;

/** What the server of either protocol is given by its forwarder. */
export interface ForwarderParts {
  remote: Remote;
  /** Its addresses, as they were when the input began. */
  lookup: LookupFunction;
  waits: ForwarderWaits;
  /** The path that ffmpeg was told; nobody else gets anything. */
  path: string;
  /** The source is given up. */
  refuse: (reason: RefusalReason) => void;
  /** Everything that is open ends with it. */
  signal: AbortSignal;
}
