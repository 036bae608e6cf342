/** Licode's own client, as far as a page of the test uses it, and what the test does with it in there. */

export interface ErizoStream {
  readonly stream: MediaStream | undefined;
  readonly pc: { readonly peerConnection: RTCPeerConnection };
  init(): void;
  getID(): string;
  play(element: string, options: object): void;
  sendData(message: unknown): void;
  on(type: string, listener: (event: { msg?: unknown }) => void): void;
  updateConfiguration(config: object): void;
}

interface ErizoRoom {
  readonly remoteStreams: { get(id: string): ErizoStream | undefined };
  connect(options: object): void;
  disconnect(): void;
  on(type: string, listener: (event: { stream?: ErizoStream; message?: string }) => void): void;
  publish(stream: ErizoStream, options: object, done: (id?: string, error?: string) => void): void;
  subscribe(
    stream: ErizoStream,
    options: object,
    done: (ok?: boolean, error?: string) => void,
  ): void;
  unsubscribe(stream: ErizoStream): void;
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
    /** `<type> <stream id>` of all events of the room, and `data <stream id> <message>`. */
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
        stream?.on('bandwidth-alert', ({ msg }) =>
          window.heard.push(`${String(msg)} ${stream.getID()}`),
        );
      }
    });
  }
  room.on('quality-level', ({ message }) => {
    window.quality = message;
  });
  await new Promise<void>((resolve) => {
    room.on('room-connected', () => resolve());
    room.connect(given.options);
  });
}

export function publish(options: object): Promise<string> {
  const stream = window.Erizo.Stream({ audio: true, video: true, data: true });
  window.local = stream;
  return new Promise((resolve, reject) => {
    stream.on('access-accepted', () => {
      window.room.publish(stream, options, (id, error) =>
        id === undefined ? reject(new Error(error)) : resolve(id),
      );
    });
    stream.init();
  });
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

/** Resolves when so many frames of the stream were decoded. */
export async function plays(id: string): Promise<void> {
  const stream = window.room.remoteStreams.get(id);
  stream?.play('videos', { loader: false, bar: false });
  const tracks = new Set(stream?.stream?.getTracks().map((track) => track.id));
  for (let frames = 0; frames < 30;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const reports = await stream?.pc.peerConnection.getStats();
    for (const report of reports?.values() ?? []) {
      if (report.type === 'inbound-rtp' && tracks.has(report.trackIdentifier)) {
        frames = Math.max(frames, report.framesDecoded ?? 0);
      }
    }
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
