import type { Seen } from './seen.ts';

/** What was played of a MediaStream: frames that could be decoded, and packets of audio. */
export interface Played {
  readonly frames: number;
  /** Of the last picture of its video, in pixels; 0 before the first one. */
  readonly width: number;
  readonly audioPackets: number;
}

export interface Offered {
  readonly connectionId: string;
  readonly sdp: string;
}

/**
 * A client's end of media, with cameras and connections that the test names: a page of a browser, or the headless
 * endpoint. The test carries the descriptions between it and the other side.
 */
export interface EndpointPage {
  /** Opens a camera with a microphone; resolves with the id of their MediaStream. Simulcast needs large pictures. */
  openCamera(size: 'small' | 'large'): Promise<string>;
  /** Adds a camera's tracks to a connection; resolves with the offer. */
  offer(options: { connectionId: string; label: string; simulcast: boolean }): Promise<string>;
  takeAnswer(answered: Offered): Promise<void>;
  /** Takes an offer and plays what it brings; resolves with the answer. */
  answer(offered: Offered): Promise<string>;
  /** Restarts ICE on all connections; resolves with their offers. */
  restartIce(): Promise<Offered[]>;
  /** Whether no offer of any connection waits for its answer. */
  isStable(): Promise<boolean>;
  /** As `RTCPeerConnection.connectionState` has it; undefined where there is no such connection. */
  connectionState(connectionId: string): Promise<string | undefined>;
  /** How many m-sections the last offer of each connection has on which it receives. */
  sections(): Promise<number[]>;
  /** How many tracks the MediaStream has. */
  tracksIn(streamId: string): Promise<number>;
  played(streamId: string): Promise<Played>;
  /** Sends the layers of all its videos up to this one, or none of them. */
  sendUpTo(spatial: number | null): Promise<void>;
  /** Bytes of video sent so far, by the rid of the layer. */
  sent(): Promise<Record<string, number>>;
  /** Frames sent so far, those of all layers together. */
  framesSent(): Promise<number>;
  /** Lists the frames that passed, in order, for a page that was opened to watch them. */
  seen(): Promise<Seen[]>;
  /** Ends all connections, as a browser does whose page goes. */
  dropConnections(): Promise<void>;
  /** A PNG of what it shows; undefined where it shows nothing. */
  screenshot(): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** Opens pages, each for one participant. */
export interface EndpointHost {
  open(options: { watchFrames: boolean }): Promise<EndpointPage>;
  close(): Promise<void>;
}
