import { readCertificate } from '../../protocol/certificate.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { ParamsOf } from '../../protocol/contract.ts';
import type { Trust } from '../../protocol/contracts/controller-agent.ts';
import type { ErizoToUpstream } from '../../protocol/contracts/erizo-erizo.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { CheckedGrant } from '../../protocol/grant.ts';
import { checkGrant } from '../../protocol/grant.ts';
import type { Whereabouts } from '../../protocol/pin.ts';
import type { Caller } from '../link/keyring.ts';
import { erizoDefaults } from './config.ts';

type Asked = Pick<
  ParamsOf<ErizoToUpstream, 'cascade.open'>,
  'roomId' | 'puller' | 'certificate' | 'grant'
>;

/** What a grant says that has let a controller in. */
export type AdmittedRoom = Pick<CheckedGrant, 'serviceId' | 'epoch' | 'expires_ms'>;

/**
 * Lets the media of a room out only to where the room's grant allows it to be, and only from there, and knows by it whose
 * the room is.
 * Where a puller is, its node's certificate says, which it shows and the edge has signed; that the
 * certificate is its own is for the link to know.
 */
export class Guard {
  readonly #clock: Clock;
  readonly #region: string;
  #trust: Trust | undefined;
  /** The newest epoch seen of each room, the room seen last at the end. */
  readonly #epochs = new Map<string, number>();

  constructor(components: { clock: Clock }, options: { region: string }) {
    this.#clock = components.clock;
    this.#region = options.region;
  }

  /** The agent has told the keys of the edge and the certificate of the node. */
  learn(trust: Trust): void {
    this.#trust = trust;
  }

  /** What this process shows to others. Throws `unavailable` while it knows none. */
  get certificate(): string {
    return this.#known().certificate;
  }

  /** Throws `forbidden`, saying why, or `unavailable` while this process knows no key. */
  async check({ roomId, puller, certificate, grant }: Asked): Promise<void> {
    const there = await this.#read(certificate);
    if (there.nodeId !== puller.nodeId || there.region !== puller.region) {
      throw new RizomaError('forbidden', `the certificate is not that of ${puller.nodeId}`);
    }
    await this.#checkGrant({ roomId, grant }, [there]);
  }

  /** Whose the room is, where media of it may be here and at the node of that controller. Throws as `check` does. */
  async admit(room: Pick<Asked, 'roomId' | 'grant'>, controller: Caller): Promise<AdmittedRoom> {
    const { nodeId } = await this.#read(this.certificate);
    // What this node says of itself stands in its certificate alone.
    return await this.#checkGrant(room, nodeId === controller.nodeId ? [] : [controller]);
  }

  /** Whether no grant of the room was seen with a newer pin than that. */
  isNewest(roomId: string, epoch: number): boolean {
    return epoch >= (this.#epochs.get(roomId) ?? 0);
  }

  async #checkGrant(
    { roomId, grant }: Pick<Asked, 'roomId' | 'grant'>,
    others: readonly Whereabouts[],
  ): Promise<CheckedGrant> {
    const { keys, certificate } = this.#known();
    const { jurisdiction } = await this.#read(certificate);
    const ends = [{ region: this.#region, jurisdiction }, ...others];
    const checked = await checkGrant(keys, grant, { roomId, ends, now_ms: this.#clock.date() });
    this.#refuseOlder(roomId, checked.epoch);
    return checked;
  }

  #read(certificate: string): ReturnType<typeof readCertificate> {
    return readCertificate(this.#known().keys, certificate, this.#clock.date()).catch(refuse);
  }

  #known(): Trust {
    if (this.#trust === undefined) {
      throw new RizomaError('unavailable', 'this node has no certificate of the edge yet');
    }
    return this.#trust;
  }

  #refuseOlder(roomId: string, epoch: number): void {
    if (!this.isNewest(roomId, epoch)) {
      throw new RizomaError('forbidden', 'the pin of the room has changed since this grant');
    }
    this.#epochs.delete(roomId);
    this.#epochs.set(roomId, epoch);
    const [oldest] = this.#epochs.keys();
    if (oldest !== undefined && this.#epochs.size > erizoDefaults.rememberedRooms) {
      this.#epochs.delete(oldest);
    }
  }
}

function refuse(thrown: unknown): never {
  throw new RizomaError('forbidden', toRizomaError(thrown).message, { cause: thrown });
}
