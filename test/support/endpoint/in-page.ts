/** Functions that run inside the page of a browser: each stands alone and is sent there as text. */

interface Held {
  connections: Record<string, RTCPeerConnection>;
  streams: Record<string, MediaStream>;
  /** What was last read of each RTP stream, by MediaStream: one that is replaced has no report any more. */
  read: Record<string, Record<number, { frames: number; audioPackets: number }>>;
}

declare global {
  interface Window {
    held: Held;
  }
}

export function install(): void {
  window.held = { connections: {}, streams: {}, read: {} };
}

/** Opens the fake camera; answers the id of its MediaStream. Small pictures have one layer only. */
export async function openCamera(large: boolean): Promise<string> {
  const size = large ? { width: 640, height: 360 } : { width: 320, height: 180 };
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: true,
    video: { ...size, frameRate: 15 },
  });
  window.held.streams[stream.id] = stream;
  return stream.id;
}

/** Adds a stream to a connection and answers the offer of it. */
export async function offer(options: {
  connectionId: string;
  label: string;
  simulcast: boolean;
}): Promise<string> {
  const { connectionId, label, simulcast } = options;
  const connection = (window.held.connections[connectionId] ??= new RTCPeerConnection({
    bundlePolicy: 'max-bundle',
  }));
  const stream = window.held.streams[label];
  for (const track of stream?.getTracks() ?? []) {
    const sendEncodings =
      simulcast && track.kind === 'video'
        ? [{ rid: 'q', scaleResolutionDownBy: 2 }, { rid: 'f' }]
        : [];
    const streams = stream === undefined ? [] : [stream];
    connection.addTransceiver(track, { direction: 'sendonly', streams, sendEncodings });
  }
  await connection.setLocalDescription(await connection.createOffer());
  return connection.localDescription?.sdp ?? '';
}

export async function takeAnswer(options: { connectionId: string; sdp: string }): Promise<void> {
  const { connectionId, sdp } = options;
  await window.held.connections[connectionId]?.setRemoteDescription({ type: 'answer', sdp });
}

/** Takes an offer, plays what it brings and answers the answer. */
export async function answer(options: { connectionId: string; sdp: string }): Promise<string> {
  const { connectionId, sdp } = options;
  let connection = window.held.connections[connectionId];
  if (connection === undefined) {
    connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    window.held.connections[connectionId] = connection;
    connection.addEventListener('track', (event) => {
      const [stream] = event.streams;
      if (stream !== undefined && document.getElementById(stream.id) === null) {
        const video = document.createElement('video');
        video.id = stream.id;
        video.muted = true;
        video.autoplay = true;
        video.srcObject = stream;
        document.body.append(video);
      }
    });
  }
  await connection.setRemoteDescription({ type: 'offer', sdp });
  await connection.setLocalDescription(await connection.createAnswer());
  return connection.localDescription?.sdp ?? '';
}

/** Begins ICE again on all connections; answers the offers. */
export async function restartIce(): Promise<{ connectionId: string; sdp: string }[]> {
  const offers = [];
  for (const [connectionId, connection] of Object.entries(window.held.connections)) {
    connection.restartIce();
    await connection.setLocalDescription(await connection.createOffer());
    offers.push({ connectionId, sdp: connection.localDescription?.sdp ?? '' });
  }
  return offers;
}

/** Whether no offer of any connection waits for its answer. */
export function allStable(): boolean {
  return Object.values(window.held.connections).every(
    ({ signalingState }) => signalingState === 'stable',
  );
}

export function connectionState(connectionId: string): string | undefined {
  return window.held.connections[connectionId]?.connectionState;
}

/** How many m-sections the last offer of each connection has on which the page receives. */
export function sections(): number[] {
  return Object.values(window.held.connections).flatMap(
    ({ remoteDescription }) => remoteDescription?.sdp.match(/^m=/gm)?.length ?? [],
  );
}

export function tracksIn(label: string): number {
  const video = document.getElementById(label);
  return video instanceof HTMLVideoElement && video.srcObject instanceof MediaStream
    ? video.srcObject.getTracks().length
    : 0;
}

export function dropConnections(): void {
  for (const connection of Object.values(window.held.connections)) {
    connection.close();
  }
}

/** Frames decoded, the width of the picture, and audio packets, of the tracks of one MediaStream. */
export async function played(
  label: string,
): Promise<{ frames: number; width: number; audioPackets: number }> {
  const video = document.getElementById(label);
  const stream =
    video instanceof HTMLVideoElement && video.srcObject instanceof MediaStream
      ? video.srcObject
      : new MediaStream();
  const ids = new Set(stream.getTracks().map((track) => track.id));
  const width = video instanceof HTMLVideoElement ? video.videoWidth : 0;
  const sums = { frames: 0, width, audioPackets: 0 };
  const read = (window.held.read[label] ??= {});
  for (const connection of Object.values(window.held.connections)) {
    const stats = await connection.getStats();
    for (const report of stats.values()) {
      if (report.type !== 'inbound-rtp' || !ids.has(report.trackIdentifier)) {
        continue;
      }
      const isVideo = report.kind === 'video';
      read[report.ssrc] = {
        frames: isVideo ? (report.framesDecoded ?? 0) : 0,
        audioPackets: isVideo ? 0 : (report.packetsReceived ?? 0),
      };
    }
  }
  for (const { frames, audioPackets } of Object.values(read)) {
    sums.frames += frames;
    sums.audioPackets += audioPackets;
  }
  return sums;
}

/** Sends the layers of all its videos up to this one, or none of them. */
export async function sendUpTo(spatial: number | null): Promise<void> {
  for (const connection of Object.values(window.held.connections)) {
    for (const sender of connection.getSenders().filter(({ track }) => track?.kind === 'video')) {
      const parameters = sender.getParameters();
      for (const [index, encoding] of parameters.encodings.entries()) {
        encoding.active = spatial !== null && index <= spatial;
      }
      await sender.setParameters(parameters);
    }
  }
}

/** Bytes of video sent, by rid. */
export async function sent(): Promise<Record<string, number>> {
  const bytes: Record<string, number> = {};
  for (const connection of Object.values(window.held.connections)) {
    for (const report of (await connection.getStats()).values()) {
      if (report.type === 'outbound-rtp' && report.kind === 'video') {
        bytes[report.rid ?? ''] = (bytes[report.rid ?? ''] ?? 0) + (report.bytesSent ?? 0);
      }
    }
  }
  return bytes;
}

/** Frames of video sent, those of all layers together. */
export async function framesSent(): Promise<number> {
  let sum = 0;
  for (const connection of Object.values(window.held.connections)) {
    for (const report of (await connection.getStats()).values()) {
      sum += report.type === 'outbound-rtp' ? (report.framesSent ?? 0) : 0;
    }
  }
  return sum;
}
