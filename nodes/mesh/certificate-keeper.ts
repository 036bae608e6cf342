import type { Certificate } from '../../protocol/certificate.ts';
import { checkCertificate } from '../../protocol/certificate.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Whereabouts } from '../../protocol/pin.ts';
import type { TicketPublicKey } from '../../protocol/ticket.ts';
import type { Log } from '../log.ts';

export interface CertificateKeeperComponents {
  clock: Clock;
  log: Log;
  /** From 0 to 1, for the jitter. */
  random: () => number;
  /** There is another one, or other keys check it and those of all others. */
  changed: (keys: readonly TicketPublicKey[], text: string) => void;
  /** Asks the edge for another certificate. */
  renew: () => Promise<string>;
}

/** Whose certificate it is to be. */
export type CertificateKeeperOptions = Whereabouts & { nodeId: string };

const defaults = {
  /**
   * When a certificate is renewed, as a share of its life, and chance on top of it: past the half, since
   * the edge gives the same one again before, and with hours left in which the edge may be away.
   */
  renewFrom: 0.55,
  renewSpread: 0.2,
  /** After a renewal that failed, or brought nothing newer. */
  retry_ms: 60_000,
} as const;

/** The certificate of this node, renewed in good time for as long as the edge can be reached. */
export class CertificateKeeper {
  readonly #parts: CertificateKeeperComponents;
  readonly #self: CertificateKeeperOptions;
  #held: (Certificate & { text: string }) | undefined;
  /** As the edge gave them last. */
  #keys: readonly TicketPublicKey[] = [];
  /** Those with which others were told of a certificate. */
  #toldKeys = '';
  #stopTimer: Cancel = () => undefined;
  #closed = false;

  constructor(components: CertificateKeeperComponents, options: CertificateKeeperOptions) {
    this.#parts = components;
    this.#self = options;
  }

  /** The one that the node shows now; undefined before it first registered. */
  get certificate(): (Certificate & { text: string }) | undefined {
    return this.#held;
  }

  /** The edge gave this one, whose signature one of the keys checks. */
  async hold(keys: readonly TicketPublicKey[], text: string): Promise<void> {
    const { clock, log } = this.#parts;
    const now_ms = clock.date();
    this.#keys = keys;
    try {
      const certificate = await checkCertificate(keys, text, { ...this.#self, now_ms });
      const { peerId, expires_s } = certificate;
      const isNew = text !== this.#held?.text;
      if (isNew) {
        this.#held = { ...certificate, text };
        log.info({ peerId, expires: new Date(expires_s * 1000) }, 'node has a certificate');
      }
      const names = keys.map(({ x }) => x).join(' ');
      if (isNew || names !== this.#toldKeys) {
        this.#toldKeys = names;
        this.#parts.changed(keys, text);
      }
      this.#renewAfter(this.#untilRenewal_ms(certificate, now_ms));
    } catch (thrown) {
      const { code, message } = toRizomaError(thrown);
      log.error(
        { code },
        `the edge gave a certificate that is not good (is the clock?): ${message}`,
      );
      this.#renewAfter(defaults.retry_ms);
    }
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer();
  }

  #untilRenewal_ms({ issued_s }: Certificate, now_ms: number): number {
    const share = defaults.renewFrom + defaults.renewSpread * this.#parts.random();
    const at_ms = (issued_s + share * limits.certificate_ttl_s) * 1000;
    return Math.max(defaults.retry_ms, at_ms - now_ms);
  }

  #renewAfter(wait_ms: number): void {
    this.#stopTimer();
    if (!this.#closed) {
      this.#stopTimer = this.#parts.clock.after(wait_ms, () => void this.#renew());
    }
  }

  async #renew(): Promise<void> {
    try {
      const text = await this.#parts.renew();
      // Not before it is there: the edge may have given other keys meanwhile.
      await this.hold(this.#keys, text);
    } catch (thrown) {
      const { code, message } = toRizomaError(thrown);
      this.#parts.log.warn({ code }, `the certificate was not renewed: ${message}`);
      this.#renewAfter(defaults.retry_ms);
    }
  }
}
