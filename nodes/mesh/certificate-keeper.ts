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
  /** There is another one. */
  changed: (key: TicketPublicKey, text: string) => void;
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

  /** The edge gave this one, whose signature the key checks. */
  async hold(key: TicketPublicKey, text: string): Promise<void> {
    const { clock, log } = this.#parts;
    const now_ms = clock.now();
    try {
      const certificate = await checkCertificate(key, text, { ...this.#self, now_ms });
      const { peerId, expires_s } = certificate;
      if (text !== this.#held?.text) {
        this.#held = { ...certificate, text };
        log.info({ peerId, expires: new Date(expires_s * 1000) }, 'node has a certificate');
        this.#parts.changed(key, text);
      }
      this.#renewAfter(key, this.#untilRenewal_ms(certificate, now_ms));
    } catch (thrown) {
      const { code, message } = toRizomaError(thrown);
      log.error(
        { code },
        `the edge gave a certificate that is not good (is the clock?): ${message}`,
      );
      this.#renewAfter(key, defaults.retry_ms);
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

  #renewAfter(key: TicketPublicKey, wait_ms: number): void {
    this.#stopTimer();
    if (!this.#closed) {
      this.#stopTimer = this.#parts.clock.after(wait_ms, () => void this.#renew(key));
    }
  }

  async #renew(key: TicketPublicKey): Promise<void> {
    try {
      await this.hold(key, await this.#parts.renew());
    } catch (thrown) {
      const { code, message } = toRizomaError(thrown);
      this.#parts.log.warn({ code }, `the certificate was not renewed: ${message}`);
      this.#renewAfter(key, defaults.retry_ms);
    }
  }
}
