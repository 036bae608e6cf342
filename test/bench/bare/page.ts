import { Device } from 'mediasoup-client';
import type { Transport, TransportOptions } from 'mediasoup-client/types';

/**
 * The least that a mediasoup page can do: one WebSocket, one room, one publisher, one viewer. It is what
 * joins are compared with.
 */
type Answer = Record<string, unknown>;

interface Socket {
  ask(method: string, data?: unknown): Promise<Answer>;
  close(): void;
}

async function connect(): Promise<Socket> {
  const socket = new WebSocket(location.href.replace(/^http/, 'ws'));
  const waiting = new Map<number, (answer: Answer) => void>();
  let nextId = 0;
  socket.onmessage = ({ data }) => {
    const { id, answer } = JSON.parse(String(data)) as { id: number; answer: Answer };
    waiting.get(id)?.(answer);
  };
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  return {
    ask(method, data = {}) {
      const id = (nextId += 1);
      socket.send(JSON.stringify({ id, method, data }));
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    close: () => socket.close(),
  };
}

async function loadDevice(socket: Socket): Promise<Device> {
  const device = new Device();
  const { rtpCapabilities } = await socket.ask('capabilities');
  await device.load({ routerRtpCapabilities: rtpCapabilities as never });
  return device;
}

async function transportOf(
  socket: Socket,
  make: (options: TransportOptions) => Transport,
): Promise<Transport> {
  const transport = make((await socket.ask('transport')) as unknown as TransportOptions);
  transport.on('connect', ({ dtlsParameters }, done) => {
    void socket.ask('connect', { transportId: transport.id, dtlsParameters }).then(() => done());
  });
  return transport;
}

let publisher: { socket: Socket; transport: Transport } | undefined;

/** Publishes the camera and the microphone; resolves when the server has both. */
async function publish(media: MediaStream): Promise<void> {
  const socket = await connect();
  const device = await loadDevice(socket);
  const transport = await transportOf(socket, (options) => device.createSendTransport(options));
  transport.on('produce', ({ kind, rtpParameters }, done) => {
    void socket
      .ask('produce', { transportId: transport.id, kind, rtpParameters })
      .then(({ id }) => done({ id: String(id) }));
  });
  for (const track of media.getTracks()) {
    await transport.produce({ track, stopTracks: false });
  }
  publisher = { socket, transport };
}

function unpublish(): void {
  publisher?.transport.close();
  publisher?.socket.close();
}

/** Milliseconds from the wish to see the publisher to its first frame. */
async function view(): Promise<number> {
  const began_ms = performance.now();
  const socket = await connect();
  const device = await loadDevice(socket);
  const transport = await transportOf(socket, (options) => device.createRecvTransport(options));
  const { consumers } = await socket.ask('consume', {
    transportId: transport.id,
    rtpCapabilities: device.recvRtpCapabilities,
  });
  const tracks: MediaStreamTrack[] = [];
  for (const options of consumers as Parameters<Transport['consume']>[0][]) {
    tracks.push((await transport.consume(options)).track);
  }
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = new MediaStream(tracks);
  const frame = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  await Promise.all([video.play(), frame]);
  const took_ms = performance.now() - began_ms;
  transport.close();
  socket.close();
  return took_ms;
}

Object.assign(globalThis, { bare: { publish, unpublish, view } });
