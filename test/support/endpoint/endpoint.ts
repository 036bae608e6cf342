import { setImmediate as immediate, setTimeout as pass } from 'node:timers/promises';
import type { DtlsSocket, RTCCertificate, RtcpPacket, RtpHeader, RtpPacket } from 'werift';
import {
  IceCandidate,
  RTCDtlsParameters,
  RTCDtlsFingerprint,
  RTCDtlsTransport,
  RTCIceGatherer,
  RTCIceParameters,
  RTCIceTransport,
} from 'werift';

/** What one side of a transport tells the other. */
export interface TransportParameters {
  readonly ufrag: string;
  readonly pwd: string;
  /** Of SHA-256. */
  readonly fingerprint: string;
}

export interface RemoteTransport extends TransportParameters {
  readonly ip: string;
  readonly port: number;
}

/** By then the other side has long done what it was told, though nothing was heard of it. */
const goodbye_ms = 3_000;

/** Which side of DTLS it takes (RFC 8842, section 5.2). */
export type DtlsRole = 'client' | 'server';

/** Receives what an endpoint decrypts. */
export interface MediaListener {
  onRtp(packet: RtpPacket): void;
  onRtcp(packet: RtcpPacket): void;
  /** The other side ended the connection. */
  onGoodbye(): void;
}

/** SRTP_AES128_CM_HMAC_SHA1_80 (RFC 5764, section 4.1.2): the one that both sides of the bench choose. */
const srtpProfile = 0x0001;

/** A record of DTLS that says that something ended (RFC 5246, section 6.2.1). */
const alert = 21;

/** Level and description of a `close_notify` (RFC 5246, section 7.2.1). */
const closeNotify = Buffer.from([1, 0]);

/** Payload types up to 95 are RTCP's where both share a port (RFC 5761, section 4). */
function isRtp(packet: Buffer): boolean {
  const [first = 0, second = 0] = packet;
  return first >= 128 && first <= 191 && (second < 192 || second > 223);
}

/**
 * A WebRTC transport without a browser around it: it does ICE, DTLS and the consent of RFC 7675 in earnest, and
 * sends SRTP. What it receives it decrypts for a listener; without one it only counts packets, so that a process
 * holds hundreds of endpoints.
 */
export class Endpoint {
  static #certificate: Promise<RTCCertificate> | undefined;
  readonly #ice: RTCIceTransport;
  readonly #dtls: RTCDtlsTransport;
  readonly #listener: MediaListener | undefined;
  readonly #first = Promise.withResolvers<void>();
  readonly #goodbye = Promise.withResolvers<void>();
  /** RTP packets that came. */
  received = 0;

  private constructor(
    components: { ice: RTCIceTransport; certificate: RTCCertificate; listener?: MediaListener },
    role: DtlsRole,
  ) {
    this.#ice = components.ice;
    this.#listener = components.listener;
    this.#dtls = new RTCDtlsTransport({}, this.#ice, components.certificate, [srtpProfile]);
    this.#dtls.role = role;
  }

  static async create(ip: string, role: DtlsRole, listener?: MediaListener): Promise<Endpoint> {
    // One for all: its key takes longer to make than a handshake.
    this.#certificate ??= RTCDtlsTransport.SetupCertificate();
    const gatherer = new RTCIceGatherer({
      additionalHostAddresses: [ip],
      interfaceAddresses: { udp4: ip },
      useIpv4: true,
      useIpv6: false,
      // There is one in any case: this one answers nobody, and is not waited for.
      stunServer: [ip, 9],
      stunGatherTimeout: 0.01,
      // A second address that works too would be switched to in the middle of the handshake.
      filterCandidatePair: ({ localCandidate }) => localCandidate.host === ip,
    });
    const ice = new RTCIceTransport(gatherer);
    ice.connection.iceControlling = true;
    await ice.gather();
    const certificate = await this.#certificate;
    return new Endpoint(
      { ice, certificate, ...(listener === undefined ? {} : { listener }) },
      role,
    );
  }

  get local(): TransportParameters {
    const { usernameFragment: ufrag, password: pwd } = this.#ice.localParameters;
    const [fingerprint] = this.#dtls.localParameters.fingerprints;
    return { ufrag, pwd, fingerprint: fingerprint?.value ?? '' };
  }

  /** Resolves when ICE and DTLS are up. */
  async connect(remote: RemoteTransport): Promise<void> {
    await this.#meet(remote);
    this.#listen();
    const fingerprints = [new RTCDtlsFingerprint('sha-256', remote.fingerprint)];
    this.#dtls.setRemoteParams(
      new RTCDtlsParameters(fingerprints, this.#dtls.role === 'server' ? 'client' : 'server'),
    );
    if (this.#dtls.role === 'client') {
      // In this order: it greets three times and gives up, and ICE may take longer where many come at once.
      await this.#ice.start();
      await this.#dtls.start();
    } else {
      await this.#startAsServer();
    }
    if (this.#listener === undefined) {
      this.#countOnly();
    }
  }

  /** Takes other credentials for ICE, and pauses until `reconnect`: media is neither sent nor expected meanwhile. */
  async restartIce(): Promise<void> {
    this.#ice.restart();
    await this.#ice.gather();
  }

  /** Resolves when ICE is up again with the credentials of both sides (RFC 8445, section 9). */
  async reconnect(remote: RemoteTransport): Promise<void> {
    await this.#meet(remote);
    await this.#ice.start();
  }

  /** Resolves when ICE is up: it never greets, and answers no greeting. */
  async connectIce(remote: RemoteTransport): Promise<void> {
    await this.#meet(remote);
    await this.#ice.start();
  }

  async #meet({ ufrag, pwd, ip, port }: RemoteTransport): Promise<void> {
    this.#ice.setRemoteParams(
      new RTCIceParameters({ iceLite: true, usernameFragment: ufrag, password: pwd }),
    );
    await this.#ice.addRemoteCandidate(
      new IceCandidate(1, '1', ip, port, 1_076_302_079, 'udp', 'host'),
    );
    await this.#ice.addRemoteCandidate(undefined);
  }

  /**
   * The other side greets as soon as it is asked over ICE, which may not be up here by then: what were answered
   * at once would be dropped. So the greeting waits for ICE, as it does in browsers.
   */
  async #startAsServer(): Promise<void> {
    const { onData } = this.#ice.connection;
    const early: Buffer[] = [];
    const { unSubscribe } = onData.subscribe((packet) => early.push(packet));
    await this.#ice.start();
    unSubscribe();
    const secured = this.#dtls.start();
    early.forEach((packet) => onData.execute(packet));
    await secured;
  }

  /** Resolves with the first RTP packet. */
  get firstPacket(): Promise<void> {
    return this.#first.promise;
  }

  /** Sends an RTP packet. */
  async send(header: RtpHeader, payload: Buffer): Promise<void> {
    await this.#dtls.sendRtp(payload, header);
  }

  /** Sends RTCP packets in one datagram, where media can flow. */
  async sendRtcp(packets: RtcpPacket[]): Promise<void> {
    if (this.#dtls.state === 'connected') {
      await this.#dtls.sendRtcp(packets);
    }
  }

  /** Tells the other side that the connection ends, as a browser does, and closes. */
  async sayGoodbye(): Promise<void> {
    const { dtls, state } = this.#dtls;
    if (dtls !== undefined && state === 'connected') {
      await sendCloseNotify(dtls);
    }
    await this.close();
  }

  /**
   * Closes when the other side has said goodbye (RFC 5246, section 7.2.1), as it does when it is told that the
   * client has left. Whoever closes before gives its port to somebody else while the other side takes what comes
   * from there for its own: a mediasoup that hears of nobody's leaving does so for 30 s (RFC 7675, section 5.1), and
   * refuses the ICE of who has the port by then. A goodbye may be lost where more comes than is read.
   */
  async closeAfterGoodbye(): Promise<void> {
    if (this.#dtls.state === 'connected') {
      await Promise.race([this.#goodbye.promise, pass(goodbye_ms)]);
    }
    await this.close();
  }

  async close(): Promise<void> {
    await this.#dtls.stop();
    await this.#ice.stop();
  }

  #listen(): void {
    const listener = this.#listener;
    if (listener !== undefined) {
      this.#dtls.onRtp.subscribe((packet) => listener.onRtp(packet));
      this.#dtls.onRtcp.subscribe((packet) => listener.onRtcp(packet));
      // It follows from any alert, after the handshake from `close_notify`.
      this.#dtls.onStateChange.subscribe((state) => state === 'closed' && listener.onGoodbye());
    }
  }

  /** From now on media is counted and dropped before anybody decrypts it. */
  #countOnly(): void {
    const { onData } = this.#ice.connection;
    const execute = onData.execute.bind(onData);
    onData.execute = (packet) => {
      if (isRtp(packet)) {
        this.received += 1;
        this.#first.resolve();
      } else if (packet[0] === alert) {
        // It is encrypted; after the handshake there is no other than `close_notify`.
        this.#goodbye.resolve();
      } else {
        execute(packet);
      }
    };
  }
}

/** werift 0.25.2 sends no alerts: one goes out as application data whose record says that it is an alert. */
async function sendCloseNotify(dtls: DtlsSocket): Promise<void> {
  const { cipher } = dtls;
  const encrypt = cipher.encryptPacket.bind(cipher);
  cipher.encryptPacket = (packet) => {
    packet.recordLayerHeader.contentType = alert;
    return encrypt(packet);
  };
  await dtls.send(closeNotify);
  // By then the socket has sent it: one that closes at once drops what it was just given.
  await immediate();
}
