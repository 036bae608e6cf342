/** Licode's own client, as far as a page of the test uses it, and what the test does with it in there. */

export interface ErizoStream {
  readonly stream: MediaStream | undefined;
  readonly pc: {
    readonly peerConnection: RTCPeerConnection;
    readonly stack: { restartIce(): void };
  };
  init(): void;
  getID(): string;
  play(element: string, options: object): void;
  sendData(message: unknown): void;
  setAttributes(attributes: object): void;
  muteAudio(isMuted: boolean): void;
  muteVideo(isMuted: boolean): void;
  on(type: string, listener: (event: { msg?: unknown; attrs?: unknown }) => void): void;
  updateConfiguration(config: object): void;
  updateSimulcastActiveLayers(isActive: Record<number, boolean>): void;
  _setStaticQualityLayer(spatial: number, temporal: number): void;
  _setDynamicQualityLayer(): void;
}

/** How its functions answer. */
type Done<Result> = (result?: Result, error?: string) => void;

interface ErizoRoom {
  readonly remoteStreams: { get(id: string): ErizoStream | undefined };
  readonly socket: {
    readonly id: string;
    readonly reliableSocket: { socket(): { io: { engine: { close(): void } } } };
  };
  connect(options: object): void;
  disconnect(): void;
  on(type: string, listener: (event: { stream?: ErizoStream; message?: string }) => void): void;
  publish(stream: ErizoStream, options: object, done: Done<string>): void;
  unpublish(stream: ErizoStream, done?: Done<boolean>): void;
  subscribe(stream: ErizoStream, options: object, done: Done<boolean>): void;
  unsubscribe(stream: ErizoStream): void;
  getStreamsByAttribute(name: string, value: string): ErizoStream[];
  getStreamStats(stream: ErizoStream, done: (stats: unknown) => void): void;
  startRecording(stream: ErizoStream, done: Done<string>): void;
  stopRecording(id: string, done: Done<boolean>): void;
  setStreamPriorityStrategy(strategy: string, done: (result: unknown) => void): void;
  setConnectionTargetBandwidth(bps: number, done: (result: unknown) => void): void;
}

declare global {
  interface Window {
    Erizo: {
      Room(options: { token: string }): ErizoRoom;
      Stream(options: object): ErizoStream;
    };
    room: ErizoRoom;
    local: ErizoStream;
    /** `<type> <stream id>` of all events of the room, and with what was said `data` and `attributes`. */
    heard: string[];
    /** That of the worst of its connections, when it was told. */
    quality: string | undefined;
  }
}

export async function connect(given: { token: string; options: object }): Promise<void> {
  const room = window.Erizo.Room({ token: given.token });
  window.room = room;
  window.heard = [];
  for (const type of ['added', 'removed', 'subscribed', 'unsubscribed', 'failed']) {
    room.on(`stream-${type}`, ({ stream }) => {
      window.heard.push(`${type} ${stream?.getID()}`);
      if (type === 'added') {
        stream?.on('stream-data', ({ msg }) =>
          window.heard.push(`data ${stream.getID()} ${JSON.stringify(msg)}`),
        );
        stream?.on('stream-attributes-update', ({ attrs }) =>
          window.heard.push(`attributes ${stream.getID()} ${JSON.stringify(attrs)}`),
        );
        stream?.on('bandwidth-alert', ({ msg }) =>
          window.heard.push(`${String(msg)} ${stream.getID()}`),
        );
      }
    });
  }
  for (const type of ['reconnecting', 'reconnected', 'disconnected']) {
    room.on(`room-${type}`, () => window.heard.push(type));
  }
  room.on('quality-level', ({ message }) => {
    window.quality = message;
  });
  await new Promise<void>((resolve) => {
    room.on('room-connected', () => resolve());
    room.connect(given.options);
  });
}

/** Publishes the camera and the microphone of the page, or what `stream` says. */
export function publish(given: { stream?: object; options?: object }): Promise<string> {
  const { stream: more = {}, options = {} } = given;
  const stream = window.Erizo.Stream({ audio: true, video: true, data: true, ...more });
  window.local = stream;
  const isOfPage = !('recording' in more);
  return new Promise((resolve, reject) => {
    const begin = (): void =>
      window.room.publish(stream, options, (id, error) =>
        id === undefined ? reject(new Error(error)) : resolve(id),
      );
    if (isOfPage) {
      stream.on('access-accepted', begin);
      stream.init();
    } else {
      begin();
    }
  });
}

export function unpublish(): Promise<boolean | undefined> {
  return new Promise((resolve) => window.room.unpublish(window.local, resolve));
}

export function subscribe(id: string): Promise<void> {
  const stream = window.room.remoteStreams.get(id);
  return new Promise((resolve, reject) => {
    if (stream !== undefined) {
      window.room.subscribe(stream, {}, (ok, error) =>
        ok === true ? resolve() : reject(new Error(error)),
      );
    }
  });
}

/** Resolves when a picture of the stream is shown. */
export async function plays(id: string): Promise<void> {
  window.room.remoteStreams.get(id)?.play('videos', { loader: false, bar: false });
  const media = window.room.remoteStreams.get(id)?.stream;
  const players = [...document.querySelectorAll('video')];
  const player = players.find(({ srcObject }) => srcObject === media);
  while ((player?.getVideoPlaybackQuality().totalVideoFrames ?? 0) < 30) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Resolves when the element in which the page plays it has shown so many more frames. */
export async function goesOn(id: string): Promise<void> {
  const media = window.room.remoteStreams.get(id)?.stream;
  const player = [...document.querySelectorAll('video')].find(
    ({ srcObject }) => srcObject === media,
  );
  const shown = (): number => player?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
  for (const before = shown(); shown() < before + 15;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Asks for a strategy and a target, and resolves when both were answered. */
export async function setBandwidth(wanted: {
  strategy: string;
  target_bps: number;
}): Promise<void> {
  const { room } = window;
  await new Promise((resolve) => room.setStreamPriorityStrategy(wanted.strategy, resolve));
  await new Promise((resolve) => room.setConnectionTargetBandwidth(wanted.target_bps, resolve));
}

/** Changes the configuration of a stream that it receives; Licode's client is told nothing of that. */
export function configure(given: { id: string; config: object }): void {
  window.room.remoteStreams.get(given.id)?.updateConfiguration(given.config);
}

/** The width of the picture in which the page plays it. */
export function widthOf(id: string): number {
  const media = window.room.remoteStreams.get(id)?.stream;
  const players = [...document.querySelectorAll('video')];
  return players.find(({ srcObject }) => srcObject === media)?.videoWidth ?? 0;
}

/** The network of its socket breaks. */
export function cut(): void {
  window.room.socket.reliableSocket.socket().io.engine.close();
}

/**
 * Begins ICE anew for a stream that the page plays, or else the one that it publishes, as the client does
 * where that has failed; resolves when it is agreed on.
 */
export async function restartIce(id: string | undefined): Promise<void> {
  const stream = id === undefined ? window.local : window.room.remoteStreams.get(id);
  const { pc } = stream ?? window.local;
  const fragment = (): string | undefined =>
    /a=ice-ufrag:(\S+)/.exec(pc.peerConnection.currentLocalDescription?.sdp ?? '')?.[1];
  const before = fragment();
  pc.stack.restartIce();
  while (fragment() === before) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The stats of a stream that it plays, and under which id it is in them itself. */
export async function statsOf(id: string): Promise<{ clientId: string; stats: unknown }> {
  const stream = window.room.remoteStreams.get(id);
  const stats = await new Promise((resolve) => {
    if (stream !== undefined) {
      window.room.getStreamStats(stream, resolve);
    }
  });
  return { clientId: window.room.socket.id, stats };
}

export function startRecording(id: string): Promise<string> {
  const stream = window.room.remoteStreams.get(id);
  return new Promise((resolve, reject) => {
    if (stream !== undefined) {
      window.room.startRecording(stream, (recording, error) =>
        recording === undefined ? reject(new Error(error)) : resolve(recording),
      );
    }
  });
}

export function stopRecording(recording: string): Promise<boolean | undefined> {
  return new Promise((resolve) => window.room.stopRecording(recording, resolve));
}

export type Change = 'mute' | 'unmute' | 'low' | 'all' | 'slides' | 'film';

/** Changes a stream that the page plays, or else the one that it publishes. */
export function change({ id, what }: { id: string | undefined; what: Change }): void {
  const stream = id === undefined ? window.local : window.room.remoteStreams.get(id);
  switch (what) {
    case 'mute':
    case 'unmute':
      stream?.muteAudio(what === 'mute');
      stream?.muteVideo(what === 'mute');
      break;
    case 'low':
      stream?._setStaticQualityLayer(0, 0);
      break;
    case 'all':
      stream?._setDynamicQualityLayer();
      break;
    case 'slides':
    case 'film':
      stream?.updateConfiguration({ slideShowMode: what === 'slides' });
      break;
  }
}

/** Resolves when no more than that has come of the stream in four seconds. */
export async function slows(given: {
  id: string;
  most: { frames: number; packets: number };
}): Promise<void> {
  const { id, most } = given;
  const counted = async (): Promise<{ frames: number; packets: number }> => {
    const stream = window.room.remoteStreams.get(id);
    const tracks = new Set(stream?.stream?.getTracks().map((track) => track.id));
    const sums = { frames: 0, packets: 0 };
    for (const report of (await stream?.pc.peerConnection.getStats())?.values() ?? []) {
      if (report.type === 'inbound-rtp' && tracks.has(report.trackIdentifier)) {
        sums.frames += report.framesDecoded ?? 0;
        sums.packets += report.kind === 'audio' ? (report.packetsReceived ?? 0) : 0;
      }
    }
    return sums;
  };
  for (;;) {
    const before = await counted();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    const now = await counted();
    if (now.frames - before.frames <= most.frames && now.packets - before.packets <= most.packets) {
      return;
    }
  }
}
