import type { MemberKey } from '../../protocol/certificate.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import { limits } from '../../protocol/limits.ts';
import type { Whereabouts } from '../../protocol/pin.ts';
import { Listeners } from '../listeners.ts';
import type { Log } from '../log.ts';
import type { CurveKeyPair } from './zmq-curve.ts';

/** A node whose process is at the other end of a link, as its key tells. */
export interface Caller extends Whereabouts {
  nodeId: string;
  /** Where its pipes end. */
  mediaIp: string;
}

export interface KeyringOptions extends Caller {
  own: CurveKeyPair;
}

const defaults = {
  /** Of a node that is not known: members are told of a new one at about the time at which it calls. */
  patience_ms: 2_000,
  /** Those who are waited for at a time: a region that starts at once; past it strangers knock. */
  waiting: 256,
  /** How often keys that have expired are looked for: half of what they may be over. */
  expiry_ms: 5_000,
} as const;

/** Under which key each member of the mesh is spoken to: that of its node, which all of its processes have. */
export class Keyring {
  readonly #clock: Clock;
  readonly #self: KeyringOptions;
  readonly #listeners: Listeners;
  #byNode: ReadonlyMap<string, MemberKey> = new Map();
  #nodesOf: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #waiting = 0;
  #stopTimer: Cancel = () => undefined;

  constructor(components: { clock: Clock; log: Log }, options: KeyringOptions) {
    this.#clock = components.clock;
    this.#listeners = new Listeners(components, { what: 'keys of members' });
    this.#self = options;
  }

  /** Drops keys that expire from now on. */
  static create(components: { clock: Clock; log: Log }, options: KeyringOptions): Keyring {
    const keyring = new Keyring(components, options);
    keyring.#stopTimer = components.clock.every(defaults.expiry_ms, () =>
      keyring.replace(keyring.members),
    );
    return keyring;
  }

  get nodeId(): string {
    return this.#self.nodeId;
  }

  get own(): CurveKeyPair {
    return this.#self.own;
  }

  /** All but this node. */
  get members(): readonly MemberKey[] {
    return [...this.#byNode.values()];
  }

  /** These are the members from now on, so far as their keys have not expired. */
  replace(members: readonly MemberKey[]): void {
    const now_s = this.#clock.date() / 1000;
    const { nodeId: self } = this.#self;
    const good = members.filter(
      ({ nodeId, expires_s }) => nodeId !== self && expires_s + limits.clockSkew_s > now_s,
    );
    if (isSame(this.#byNode, good)) {
      return;
    }
    this.#byNode = new Map(good.map((member) => [member.nodeId, member]));
    const nodesOf = new Map<string, Set<string>>();
    for (const { curveKey, nodeId } of good) {
      nodesOf.set(curveKey, (nodesOf.get(curveKey) ?? new Set()).add(nodeId));
    }
    this.#nodesOf = nodesOf;
    this.#listeners.tell();
  }

  /** The key of a node; undefined where it is no member. */
  keyOf(nodeId: string): string | undefined {
    return nodeId === this.#self.nodeId
      ? this.#self.own.publicKey
      : this.#byNode.get(nodeId)?.curveKey;
  }

  /** Who a node is, by what was certified of it. */
  caller(nodeId: string): Caller | undefined {
    const known = nodeId === this.#self.nodeId ? this.#self : this.#byNode.get(nodeId);
    if (known === undefined) {
      return undefined;
    }
    const { region, jurisdiction, mediaIp } = known;
    return { nodeId, region, ...(jurisdiction === undefined ? {} : { jurisdiction }), mediaIp };
  }

  /** Whether a member has this key. */
  has(key: string): boolean {
    return key === this.#self.own.publicKey || this.#nodesOf.has(key);
  }

  /** The key of a node, which is waited for a while where it is not known yet. */
  find(nodeId: string): Promise<string | undefined> {
    return this.#wait(() => this.keyOf(nodeId));
  }

  /** Whether a member has this key, or has it soon. */
  async admits(key: string): Promise<boolean> {
    return (await this.#wait(() => (this.has(key) ? key : undefined))) !== undefined;
  }

  /** Calls `changed` after each change; the answer ends that. */
  onChange(changed: () => void): () => void {
    return this.#listeners.add(changed);
  }

  close(): void {
    this.#stopTimer();
    this.#listeners.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #wait<T>(look: () => T | undefined): Promise<T | undefined> {
    const found = look();
    if (found !== undefined || this.#waiting >= defaults.waiting) {
      return found;
    }
    const { promise, resolve } = Promise.withResolvers<T | undefined>();
    this.#waiting += 1;
    const stopTimer = this.#clock.after(defaults.patience_ms, () => resolve(undefined));
    const stopListening = this.onChange(() => {
      const at = look();
      if (at !== undefined) {
        resolve(at);
      }
    });
    try {
      return await promise;
    } finally {
      this.#waiting -= 1;
      stopTimer();
      stopListening();
    }
  }
}

function isSame(before: ReadonlyMap<string, MemberKey>, after: readonly MemberKey[]): boolean {
  return (
    before.size === after.length &&
    after.every((member) => {
      const known = before.get(member.nodeId);
      return (
        known?.curveKey === member.curveKey &&
        known.region === member.region &&
        known.jurisdiction === member.jurisdiction &&
        known.mediaIp === member.mediaIp &&
        known.expires_s === member.expires_s
      );
    })
  );
}
