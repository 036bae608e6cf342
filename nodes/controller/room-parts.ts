import type { Route } from '../../protocol/cascade-tree.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { RoomStream } from '../../protocol/directory.ts';
import type { Log } from '../log.ts';
import type { Client } from './client.ts';
import type { Erizo } from './erizos.ts';
import type { ErizoList } from './erizo-list.ts';
import type { Recording } from './recording.ts';
import type { StreamBudget } from './stream-budget.ts';
import type { Streams } from './streams.ts';

/** What the parts of a room share. */
export interface RoomParts {
  readonly roomId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly streams: Streams;
  /** What may be said of those that are published here. */
  readonly budget: StreamBudget;
  /** Clients and recordings each have a place at a process. */
  readonly erizos: ErizoList<Client | Recording>;
  /** The room's grant; throws `unavailable` while there is none. */
  grant(): string;
  /** The way by which the process is asked for the stream next. Throws `not_found` where there is none. */
  routeFor(erizo: Erizo, stream: RoomStream): Route;
  /** Everybody here hears of the stream, and who waits for such a one gets it. */
  added(stream: RoomStream): void;
  /** To every client of the room on this node. */
  broadcast(event: string, message: unknown): void;
  /**
   * To the clients of our SDK on this node, and to that one: Licode's client confirms no event that it does not know, and is
   * ended where it confirms too few.
   */
  announce(event: string, message: unknown, also?: Client): void;
  clients(): Iterable<Client>;
  client(clientId: string): Client | undefined;
  /** How many they are. */
  size(): number;
  /** Whether clients of the room send to each other directly. */
  p2p(): boolean;
  /** The Room object is to be told. */
  factsChanged(): void;
  /** Resolves at the next change of the directory, or after a while. */
  directoryChanged(): Promise<void>;
  /** Waits for a call whose failure changes nothing: what it would remove is gone with its process. */
  quietly(call: Promise<unknown> | undefined): Promise<void>;
}
