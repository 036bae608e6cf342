/**
 * What browsers are made to say in SDP, for the tests of the module that reads it. Each scene yields its
 * descriptions one by one, by name, and takes our reply to each.
 */

interface Said {
  /** Names it among those of its scene; the fixture is called so. */
  readonly name: string;
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

/** Not every description of the DOM has the modes of SVC. */
type Encoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

/** What a scene goes on with: our answer to its offer, or our next offer after its answer. */
type Scene = AsyncGenerator<Said, void, string>;

const kinds = (media: MediaStream): MediaStream => new MediaStream(media.getTracks());

function camera(wish: MediaStreamConstraints = { audio: true, video: true }): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia(wish);
}

/** A picture of the page's own making stands for the screen: its m-section is that of a screen. */
function screen(): MediaStream {
  const canvas = document.createElement('canvas');
  canvas.getContext('2d')?.fillRect(0, 0, 1, 1);
  const media = canvas.captureStream(5);
  for (const track of media.getVideoTracks()) {
    track.contentHint = 'detail';
  }
  return media;
}

function send(
  pc: RTCPeerConnection,
  media: MediaStream,
  sendEncodings: Encoding[] = [],
): RTCRtpTransceiver[] {
  return media.getTracks().map((track) =>
    pc.addTransceiver(track, {
      direction: 'sendonly',
      streams: [media],
      ...(track.kind === 'video' ? { sendEncodings } : {}),
    }),
  );
}

/** Offers, and takes our answer. */
async function* offer(pc: RTCPeerConnection, name: string): Scene {
  await pc.setLocalDescription(await pc.createOffer());
  const sdp = yield { name, type: 'offer', sdp: pc.localDescription?.sdp ?? '' };
  await pc.setRemoteDescription({ type: 'answer', sdp });
}

/** Takes our offer, answers it, and resolves with what we say next. */
async function* answer(
  pc: RTCPeerConnection,
  name: string,
  sdp: string,
): AsyncGenerator<Said, string, string> {
  await pc.setRemoteDescription({ type: 'offer', sdp });
  await pc.setLocalDescription(await pc.createAnswer());
  return yield { name, type: 'answer', sdp: pc.localDescription?.sdp ?? '' };
}

async function* offers(name: string, media: MediaStream, encodings: Encoding[] = []): Scene {
  const pc = new RTCPeerConnection();
  send(pc, media, encodings);
  yield* offer(pc, name);
  pc.close();
}

/** A codec before all others, where the browser has it. */
async function* prefers(codec: string, encodings: Encoding[] = []): Scene {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const wanted = codecs.filter(({ mimeType }) => mimeType === `video/${codec}`);
  if (wanted.length === 0) {
    return;
  }
  const pc = new RTCPeerConnection();
  for (const transceiver of send(pc, await camera({ video: true }), encodings)) {
    transceiver.setCodecPreferences([...wanted, ...codecs.filter((one) => !wanted.includes(one))]);
  }
  yield* offer(pc, codec.toLowerCase());
  pc.close();
}

const layers = [
  { rid: 'q', scaleResolutionDownBy: 4 },
  { rid: 'h', scaleResolutionDownBy: 2 },
  { rid: 'f' },
];

const scenes = {
  publish: async () => offers('publish', await camera()),
  audio: async () => offers('audio', await camera({ audio: true })),
  video: async () => offers('video', await camera({ video: true })),
  screen: async () => offers('screen', screen()),
  simulcast: async () => offers('simulcast', await camera({ video: true }), layers),
  vp9: async () => prefers('VP9', [{ scalabilityMode: 'L3T3_KEY' }]),
  av1: async () => prefers('AV1'),
  h264: async () => prefers('H264'),

  /** Two streams, of which the first stops; a third takes its place. Then ICE restarts. */
  async *streams(): Scene {
    const media = await camera();
    const pc = new RTCPeerConnection();
    pc.createDataChannel('data');
    const first = send(pc, kinds(media));
    send(pc, kinds(media));
    yield* offer(pc, 'two-streams');
    first.forEach((transceiver) => transceiver.stop());
    yield* offer(pc, 'stopped');
    send(pc, kinds(media));
    yield* offer(pc, 'reused');
    pc.restartIce();
    yield* offer(pc, 'restart');
    pc.close();
  },

  /** Unmutes and mutes by the direction of its sections, with every candidate in the description. */
  async *gathered(): Scene {
    const pc = new RTCPeerConnection();
    const transceivers = send(pc, await camera());
    const complete = new Promise<void>((resolve) => {
      pc.addEventListener('icecandidate', ({ candidate }) => candidate ?? resolve());
    });
    await pc.setLocalDescription(await pc.createOffer());
    await complete;
    const sdp = yield { name: 'gathered', type: 'offer', sdp: pc.localDescription?.sdp ?? '' };
    await pc.setRemoteDescription({ type: 'answer', sdp });
    transceivers.forEach((transceiver) => (transceiver.direction = 'inactive'));
    yield* offer(pc, 'inactive');
    pc.close();
  },

  /** Receives, as our offers come; refuses one section for good, and restarts ICE. */
  async *receives(): Scene {
    const pc = new RTCPeerConnection();
    const first = yield { name: '', type: 'answer', sdp: '' };
    const second = yield* answer(pc, 'answer', first);
    const third = yield* answer(pc, 'answer-more', second);
    await pc.setRemoteDescription({ type: 'offer', sdp: third });
    pc.getTransceivers().at(-1)?.stop();
    await pc.setLocalDescription(await pc.createAnswer());
    yield { name: 'answer-refused', type: 'answer', sdp: pc.localDescription?.sdp ?? '' };
    pc.restartIce();
    yield* offer(pc, 'restart-receiving');
    pc.close();
  },

  /** Offers at the moment in which we do: it goes back, takes ours, and offers again. */
  async *glare(): Scene {
    const pc = new RTCPeerConnection();
    const first = yield { name: '', type: 'answer', sdp: '' };
    const next = yield* answer(pc, 'glare-before', first);
    pc.restartIce();
    await pc.setLocalDescription(await pc.createOffer());
    yield* answer(pc, 'glare-taken', next);
    yield* offer(pc, 'glare-again');
    pc.close();
  },
};

let scene: Scene | undefined;

const stage = {
  names: Object.keys(scenes),

  async begin(name: string): Promise<Said | undefined> {
    const begin = Object.entries(scenes).find(([known]) => known === name)?.[1];
    scene = await begin?.();
    return stage.goOn('');
  },

  /** Our reply to what was said last; what it says next, unless that was all. */
  async goOn(reply: string): Promise<Said | undefined> {
    const said = await scene?.next(reply);
    return said?.done === false ? said.value : undefined;
  },
};

declare global {
  interface Window {
    stage: typeof stage;
  }
}

window.stage = stage;
