import type { Clock } from '../../protocol/clock.ts';
import type { Connected } from '../../protocol/contracts/client.ts';
import type { Channel } from './channel.ts';
import type { ConnectionsOptions } from './connections.ts';
import { Connections } from './connections.ts';
import type { MediaComponents } from './publication.ts';
import { Signalling } from './signalling.ts';

/** A controller that took us. */
export interface Entered {
  readonly channel: Channel;
  readonly connected: Connected;
  /** Its `host:port` and its region. */
  readonly controller: { readonly host: string; readonly region: string };
}

export interface SessionComponents {
  readonly clock: Clock;
  readonly newConnection: (configuration: RTCConfiguration) => RTCPeerConnection;
  readonly newStream: (tracks: MediaStreamTrack[]) => MediaStream;
}

/** What a client has at one controller: its signalling, and the connections that were made by it. */
export class Session {
  readonly channel: Channel;
  readonly connected: Connected;
  /** Where we are served from. */
  readonly region: string;
  /** `host:port` of the controller. */
  readonly controller: string;
  readonly media: MediaComponents;

  constructor(
    components: SessionComponents,
    entered: Entered,
    options: Pick<ConnectionsOptions, 'maxVideoBitrate_bps' | 'onQuality'> & {
      onConnectionLost: (connectionId: string) => void;
    },
  ) {
    const { channel, connected, controller } = entered;
    const { clock, newStream } = components;
    this.channel = channel;
    this.connected = connected;
    this.region = connected.region ?? controller.region;
    this.controller = controller.host;
    const signalling = new Signalling({ caller: channel });
    const { iceServers } = connected;
    const newConnection = () =>
      components.newConnection({ bundlePolicy: 'max-bundle', iceServers });
    const connections = new Connections(
      { clock, signalling, newConnection },
      {
        maxVideoBitrate_bps: options.maxVideoBitrate_bps,
        onFailed: options.onConnectionLost,
        onQuality: options.onQuality,
      },
    );
    this.media = { clock, signalling, connections, newStream };
  }

  close(): void {
    this.channel.close();
    this.media.connections.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}
