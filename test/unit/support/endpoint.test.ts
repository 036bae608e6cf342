import { describe, expect, it } from 'vitest';
import { RtpHeader, RtpPacket } from 'werift';
import { readDescription } from '../../../nodes/erizo/sdp/read.ts';
import { opusPackets, picturesOf } from '../../support/endpoint/clips.ts';
import { ReceivedVideo } from '../../support/endpoint/received-tracks.ts';
import {
  receivingAnswer,
  remoteSections,
  sendingOffer,
  transportOf,
} from '../../support/endpoint/sdp.ts';
import type { Seen } from '../../support/endpoint/seen.ts';
import { packetize, pictureSize, readPayload } from '../../support/endpoint/vp8.ts';
import { chooseAll, OurSide, sentOn } from '../../support/sdp-side.ts';
import { fixture } from '../erizo/sdp-kit.ts';

const local = { ufrag: 'abcd', pwd: 'p'.repeat(24), fingerprint: Array(32).fill('AB').join(':') };

function offerOf(rids: readonly string[]): string {
  const track = {
    label: 'camera',
    extensions: [{ id: 2, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' }],
  };
  return sendingOffer(local, [
    { ...track, kind: 'audio', payloadType: 111, ssrc: 11, rids: [] },
    { ...track, kind: 'video', payloadType: 96, ssrc: 12, rids },
  ]);
}

describe('clips', () => {
  it.each([
    [320, 180],
    [640, 360],
  ] as const)('of %d pixels have one key frame, which tells their size', (width, height) => {
    const { key, deltas } = picturesOf(width);
    expect(pictureSize(key)).toEqual({ width, height });
    expect(deltas.length).toBe(14);
    expect(deltas.filter((delta) => pictureSize(delta) !== undefined)).toEqual([]);
  });

  it('of sound have a second of packets', () => {
    // The encoder adds a packet for its delay.
    expect(opusPackets().length).toBeGreaterThanOrEqual(50);
    expect(opusPackets().every((packet) => packet.length > 10 && packet.length < 400)).toBe(true);
  });
});

describe('packets of VP8', () => {
  it('make the frame again that they were cut from', () => {
    const { key } = picturesOf(640);
    const payloads = packetize(key, 0x7fff).map((payload) => readPayload(payload));
    expect(payloads.map((payload) => payload?.isStart)).toEqual([
      true,
      ...Array.from({ length: payloads.length - 1 }, () => false),
    ]);
    const content = Buffer.concat(payloads.map((payload) => payload?.content ?? Buffer.alloc(0)));
    expect(content.equals(key)).toBe(true);
  });

  it('are read behind each form of the descriptor, and not where they are cut short', () => {
    const [short, long] = [Buffer.from([0x10, 7]), Buffer.from([0x90, 0xf0, 0x81, 1, 2, 3, 7])];
    expect(readPayload(short)).toEqual({ isStart: true, content: Buffer.from([7]) });
    expect(readPayload(long)).toEqual({ isStart: true, content: Buffer.from([7]) });
    expect(readPayload(long.subarray(0, 6))).toBeUndefined();
    // The second partition of a frame.
    expect(readPayload(Buffer.from([0x11, 7]))?.isStart).toBe(false);
  });
});

describe('a video that comes in', () => {
  it('counts from a key frame on, and asks for another one where packets are missing', () => {
    const seen: Seen[] = [];
    let requests = 0;
    const requestKeyFrame = (): void => void (requests += 1);
    const onFrame = (one: Seen): void => void seen.push(one);
    const video = new ReceivedVideo({ trackId: 't', ssrc: 1, onFrame, requestKeyFrame });
    const { key, deltas } = picturesOf(320);
    const delta = deltas[0] ?? key;
    const packets = [delta, key, delta, delta, key].flatMap((frame, index) =>
      packetize(frame, index).map((payload, at, all) => {
        const timestamp = index * 6_000;
        return { payload, timestamp, index, marker: at === all.length - 1 };
      }),
    );
    for (const [sequenceNumber, { payload, timestamp, index, marker }] of packets.entries()) {
      const isLost = index === 2 && marker;
      const header = new RtpHeader({ ssrc: 1, payloadType: 96, sequenceNumber, timestamp, marker });
      if (!isLost) {
        video.onRtp(new RtpPacket(header, payload));
      }
    }
    expect(seen).toMatchObject([
      { rtp: 6_000, isKey: true },
      { rtp: 24_000, isKey: true },
    ]);
    expect(video).toMatchObject({ frames: 2, width: 320 });
    // The second request would come too soon after the first.
    expect(requests).toBe(1);
    expect(video.reception.report()).toMatchObject({ packetsLost: 1 });
  });
});

describe('descriptions', () => {
  it('offer an SSRC for each track, and names in its place for layers', () => {
    const [audio, video] = readDescription(offerOf([])).sections;
    expect(audio).toMatchObject({
      kind: 'audio',
      sends: true,
      encodings: [{ ssrc: 11 }],
      rids: [],
    });
    expect(video).toMatchObject({ msid: { streamId: 'camera' }, encodings: [{ ssrc: 12 }] });
    const layered = readDescription(offerOf(['q', 'f'])).sections[1];
    expect(layered).toMatchObject({ encodings: [], rids: ['q', 'f'] });
    expect(chooseAll(readDescription(offerOf(['q', 'f']))).size).toBe(2);
  });

  it('answer all that a server offers, without the estimation of its bandwidth', () => {
    const sections = sentOn(fixture('chromium-publish'), 'stream-1', 0);
    const offer = new OurSide().offer(sections);
    expect(remoteSections(offer)).toMatchObject([
      { mid: '0', kind: 'audio', direction: 'sendonly', label: 'stream-1' },
      { mid: '1', kind: 'video', direction: 'sendonly', label: 'stream-1' },
    ]);
    expect(transportOf(offer)).toMatchObject({ ip: '127.0.1.1', port: 40_000 });
    const answer = readDescription(receivingAnswer(offer, local));
    expect(answer).toMatchObject({ setup: 'active', ice: { ufrag: 'abcd' } });
    expect(answer.sections.map(({ mid, receives, sends }) => [mid, receives, sends])).toEqual([
      ['0', true, false],
      ['1', true, false],
    ]);
    const feedback = answer.sections.flatMap(({ codecs }) =>
      codecs.flatMap((codec) => codec.feedback),
    );
    expect(feedback.map(({ type }) => type)).not.toContain('transport-cc');
  });

  it('answer an idle section with an idle one, and a rejected one with a rejected one', () => {
    const [audio, video] = sentOn(fixture('chromium-publish'), 'stream-1', 0);
    if (audio === undefined || video === undefined) {
      throw new Error('the fixture has two tracks');
    }
    const offer = new OurSide().offer([
      { ...audio, state: { type: 'idle' } },
      { ...video, state: { type: 'dead' } },
    ]);
    const answer = readDescription(receivingAnswer(offer, local));
    expect(answer.sections).toMatchObject([
      { mid: '0', rejected: false, receives: false },
      { mid: '1', rejected: true },
    ]);
  });
});
