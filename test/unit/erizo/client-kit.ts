import { pino } from 'pino';
import type { LayerRates } from '../../../nodes/erizo/adaptation/layer-rates.ts';
import { ClientConnections } from '../../../nodes/erizo/client-connections.ts';
import type { Engine } from '../../../nodes/erizo/engine.ts';
import type { Producer } from '../../../nodes/erizo/media.ts';
import type { PicturesOf } from '../../../nodes/erizo/pictures/pictures-of.ts';
import type { SectionOwner } from '../../../nodes/erizo/slot.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { sentOn } from '../../support/sdp-side.ts';
import { capabilities, fixture, local } from './sdp-kit.ts';

const sections = sentOn(fixture('chromium-publish'), '1', 0);
const parametersOf = Object.fromEntries(sections.map((one) => [one.kind, one.parameters]));

/** The connections of a client over an engine without media, which counts what it is asked for. */
export function newConnections() {
  const asked: string[] = [];
  /** Tracks that cannot be sent. */
  const failing = new Set<string>();
  const did = (what: string) => async (): Promise<void> => void asked.push(what);
  const nothing = (): void => undefined;
  const consume = async (id: string, { mid }: { mid: string }) => {
    asked.push('consume');
    if (failing.has(id)) {
      throw new RizomaError('unavailable', 'the track has ended');
    }
    const kind = id.startsWith('a') ? 'audio' : 'video';
    const parts = { kind, rtpParameters: { ...parametersOf[kind], mid } };
    const on = { onKeyFrame: () => nothing, onFirstPacket: nothing, close: nothing };
    const rest = { stats: async () => [], requestKeyFrame: did('requestKeyFrame') };
    const set = { setLayers: did('setLayers'), setPriority: did('setPriority') };
    return { ...parts, ...on, ...rest, ...set, pause: did('pause'), resume: did('resume') };
  };
  const transport = {
    ...{ local, consume, watch: nothing, close: nothing, connect: did('connect') },
    ...{ restartIce: did('restartIce'), limitOutgoing: did('limitOutgoing') },
    measure: async () => ({}),
  };
  const engine = { webRtcTransport: async () => transport, capabilities, sections: parametersOf };
  const clock = new VirtualClock();
  const components = {
    ...{ clock, log: pino({ level: 'silent' }), engine: engine as unknown as Engine },
    // Nothing here has layers or pictures.
    ...{ rates: {} as LayerRates, pictures: {} as PicturesOf },
  };
  const offers: string[] = [];
  const connections = new ClientConnections(components, {
    send: (_id, { sdp }) => offers.push(sdp),
    ...{ quality: nothing, publishFailed: nothing, subscribeFailed: nothing, ended: nothing },
  });
  return { asked, failing, connections, offers };
}

export function newOwner(number: number): SectionOwner {
  const streamId = String(100_000_000_000_000_000n + BigInt(number));
  return { streamId, refused: () => undefined, mediaBegan: () => undefined };
}

/** The sound and the video of a stream. */
export function tracksOf(number: number): Producer[] {
  const track = (kind: 'audio' | 'video') => {
    const id = `${kind}${number}`;
    return { id, trackId: id, kind } as Producer;
  };
  return [track('audio'), track('video')];
}

/** As a client answers that takes all of an offer. */
export function answerTo(offer: string): string {
  return offer
    .replaceAll('a=setup:actpass', 'a=setup:active')
    .replaceAll('a=sendonly', 'a=recvonly');
}
