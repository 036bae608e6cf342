import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { RoomShare } from '../../protocol/contracts/controller-controller.ts';
import type { Directory, RoomFacts } from '../../protocol/directory.ts';
import { emptyDirectory } from '../../protocol/directory.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { checkGrant } from '../../protocol/grant.ts';
import type { Whereabouts } from '../../protocol/pin.ts';
import type { Caller } from '../link/keyring.ts';
import type { Log } from '../log.ts';
import type { Edge } from '../mesh/edge.ts';
import type { Members } from '../mesh/members.ts';
import { TokenBucket } from '../token-bucket.ts';
import { defaults } from './defaults.ts';
import type { Neighbours } from './neighbours.ts';
import type { Sharing } from './shared-room.ts';
import type { ToldFacts } from './told-facts.ts';
import { withTold } from './told-facts.ts';

export interface RoomSharingComponents {
  clock: Clock;
  log: Log;
  edge: Pick<Edge, 'keys'>;
  members: Pick<Members, 'node'>;
  neighbours: Pick<Neighbours, 'share' | 'unshare'>;
}

export interface RoomSharingOptions {
  roomId: string;
  nodeId: string;
  region: string;
  /** The facts as they are now. */
  facts(): RoomFacts;
  /** The room's grant. */
  grant(): string;
  /** The directory with what others told themselves, and what of it the Room object has said. */
  onDirectory(directory: Directory, said: Directory): void;
}

const nothing: RoomFacts = { erizos: [], streams: [] };

/** Who tells, as the link shows; another object for each link. */
type Speaker = Pick<Caller, 'nodeId' | 'region'>;

/** What another controller told of its part of the room. */
interface Told {
  readonly region: string;
  readonly facts: RoomFacts;
  readonly at: number;
  /** The version of the directory that has it; absent while the Room object does not know it. */
  readonly known: number | undefined;
  /** Whom it came from, while that link lives. */
  from: Speaker | undefined;
}

/**
 * The facts of a room, from controller to controller, where the Room object cannot hand them on: one that has
 * lost the edge tells its own to all that hold the room, and whoever is told so tells it theirs. What was told
 * takes the place of what the directory says of that controller, until the directory has it.
 */
export class RoomSharing implements Sharing {
  readonly roomId: string;
  readonly #clock: Clock;
  readonly #edge: Pick<Edge, 'keys'>;
  readonly #members: Pick<Members, 'node'>;
  readonly #neighbours: Pick<Neighbours, 'share' | 'unshare'>;
  readonly #log: Log;
  readonly #options: RoomSharingOptions;
  readonly #told = new Map<string, Told>();
  /** Where the controllers are reached that are told, by their nodes. */
  readonly #listeners = new Map<string, string>();
  #base: Directory = emptyDirectory;
  /** What was given out last. */
  #given: Directory | undefined;
  #away = false;
  /** The Room object has not taken the facts as they are now. */
  #owes = false;
  #at = 0;
  #stopTimer: Cancel = () => undefined;
  /** Each of those who are told is told all of it. */
  readonly #tellings: TokenBucket;
  #stopAgain: Cancel | undefined;

  constructor(components: RoomSharingComponents, options: RoomSharingOptions) {
    this.roomId = options.roomId;
    this.#clock = components.clock;
    this.#tellings = new TokenBucket(components, {
      ...{ perSecond: defaults.facts_perSecond, burst: defaults.factsAtOnce },
    });
    this.#edge = components.edge;
    this.#members = components.members;
    this.#neighbours = components.neighbours;
    this.#log = components.log;
    this.#options = options;
  }

  /** The edge is away: if it stays so for a moment, the others are told. */
  away(): void {
    this.#stopTimer();
    this.#stopTimer = this.#clock.after(defaults.shareAfter_ms, () => {
      this.#away = true;
      this.#sayAgain();
      this.#look();
      this.#log.info({ neighbours: this.#listeners.size }, 'facts go from node to node');
    });
  }

  /** The Room object has the facts as they are, and this controller what it missed. */
  known(): void {
    this.#stopTimer();
    this.#away = false;
    this.#owes = false;
    this.#publish();
    this.#sayAgain();
    this.#look();
  }

  /** The facts are others than the Room object knows. */
  changed(): void {
    this.#owes = true;
    if (this.#tellings.take()) {
      this.#sayAgain();
    } else {
      this.#stopAgain ??= this.#clock.after(1_000 / defaults.facts_perSecond, () => {
        this.#stopAgain = undefined;
        this.changed();
      });
    }
  }

  /** What the Room object says. */
  directory(directory: Directory): void {
    this.#base = directory;
    this.#publish();
  }

  /** Throws `forbidden` where the caller cannot show that it holds the room, or may not. */
  async shared(from: Speaker, { grant, facts, at, known }: RoomShare): Promise<void> {
    await this.admit(from, grant);
    const { nodeId, region } = from;
    if (at < (this.#told.get(nodeId)?.at ?? 0)) {
      return;
    }
    this.#told.set(nodeId, { region, facts, at, known, from });
    this.#publish();
    this.#look();
  }

  /** Throws `forbidden` where the caller's grant has not let it into the room, or by ours it may not be. */
  async admit(from: Speaker, grant: string): Promise<void> {
    const keys = this.#edge.keys?.ticketKeys;
    if (keys === undefined) {
      throw new RizomaError('unavailable', 'this controller has not met the edge yet');
    }
    const whereabouts = ({ nodeId, region }: Speaker): Whereabouts => ({
      region,
      jurisdiction: this.#members.node(nodeId)?.jurisdiction,
    });
    const ends = [whereabouts(this.#options), whereabouts(from)];
    const expected = { roomId: this.roomId, ends, now_ms: this.#clock.date() };
    for (const text of [grant, this.#options.grant()]) {
      await checkGrant(keys, text, expected);
    }
  }

  /** The link of that caller has ended: what it told counts where nobody knows better. */
  callerLost(from: Speaker): void {
    const told = this.#told.get(from.nodeId);
    if (told?.from === from) {
      told.from = undefined;
      this.#publish();
      this.#look();
    }
  }

  /** Nodes came or went, or are reached elsewhere. */
  membersChanged(): void {
    this.#publish();
    this.#look();
  }

  say(): RoomShare {
    const { facts, grant } = this.#options;
    this.#at = Math.max(this.#at + 1, this.#clock.date());
    const share = { roomId: this.roomId, grant: grant(), facts: facts(), at: this.#at };
    return this.#away || this.#owes ? share : { ...share, known: this.#base.version };
  }

  /** Its clients have all left it, or it is a new run. */
  notHeld(nodeId: string): void {
    const region = this.#members.node(nodeId)?.region;
    if (this.#away && region !== undefined) {
      const at = this.#told.get(nodeId)?.at ?? 0;
      this.#told.set(nodeId, { region, facts: nothing, at, known: undefined, from: undefined });
      this.#publish();
    }
  }

  close(): void {
    this.#stopTimer();
    this.#stopAgain?.();
    this.#stopAgain = undefined;
    for (const [nodeId, endpoint] of this.#listeners) {
      this.#neighbours.unshare({ nodeId, endpoint }, this.roomId);
    }
    this.#listeners.clear();
  }

  /** Gives out the directory as it is with what still counts of what was told. */
  #publish(): void {
    for (const [nodeId, told] of this.#told) {
      if (!this.#counts(told)) {
        this.#told.delete(nodeId);
      }
    }
    const rows = new Map<string, ToldFacts>();
    for (const [nodeId, { region, facts }] of this.#told) {
      rows.set(nodeId, { nodeId, region, facts });
    }
    for (const nodeId of this.#lost()) {
      rows.set(nodeId, { nodeId, region: '', facts: nothing });
    }
    const directory = withTold(this.#base, [...rows.values()], { mayMove: this.#away });
    if (directory !== this.#given) {
      this.#given = directory;
      this.#options.onDirectory(directory, this.#base);
    }
  }

  /** While the edge is away those are gone whom the mesh has lost, and who say nothing themselves. */
  #lost(): string[] {
    const isLost = (nodeId: string): boolean =>
      this.#members.node(nodeId) === undefined && this.#told.get(nodeId)?.from === undefined;
    return this.#away ? this.#holders().filter(isLost) : [];
  }

  /** Without the edge nobody knows better than the last that was told. */
  #counts({ known, from }: Told): boolean {
    return known === undefined ? this.#away || from !== undefined : this.#base.version < known;
  }

  #sayAgain(): void {
    for (const [nodeId, endpoint] of this.#listeners) {
      this.#neighbours.share({ nodeId, endpoint }, this);
    }
  }

  /** Tells those who are to be told from now on, and those no longer who need it no more. */
  #look(): void {
    const wanted = new Set(this.#away ? this.#holders() : this.#cutOff());
    for (const nodeId of wanted) {
      const endpoint = this.#members.node(nodeId)?.controller;
      const before = this.#listeners.get(nodeId);
      if (endpoint !== undefined && endpoint !== before) {
        this.#leave(nodeId, before);
        this.#listeners.set(nodeId, endpoint);
        this.#neighbours.share({ nodeId, endpoint }, this);
      }
    }
    for (const [nodeId, endpoint] of this.#listeners) {
      // Who was told what the Room object does not know yet is told once it does.
      if (!wanted.has(nodeId) && !this.#owes) {
        this.#leave(nodeId, endpoint);
      }
    }
  }

  #leave(nodeId: string, endpoint: string | undefined): void {
    if (endpoint !== undefined) {
      this.#listeners.delete(nodeId);
      this.#neighbours.unshare({ nodeId, endpoint }, this.roomId);
    }
  }

  /** All others that hold the room, as far as is known. */
  #holders(): string[] {
    const { nodeId: self } = this.#options;
    const all = [...(this.#base.holders ?? []), ...this.#told.keys()];
    return all.filter((nodeId) => nodeId !== self);
  }

  /** Those that tell because the edge is away from them. */
  #cutOff(): string[] {
    const all = [...this.#told].filter(([, { known, from }]) => known === undefined && from);
    return all.map(([nodeId]) => nodeId);
  }
}
