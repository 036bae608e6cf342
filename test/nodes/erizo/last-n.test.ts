import { describe, expect, it, vi } from 'vitest';
import { Participant, TestController, until } from './kit/participant.ts';
import { erizoSuite } from './kit/suite.ts';

/** A viewer in another region who wants the video of the last one who spoke. */

const suite = erizoSuite();

const patience = { timeout: 30_000, interval: 100 };
/** Three browsers in a test: each picture that comes anew takes a machine with much to do some seconds. */
const long = { timeout: 150_000 };

interface Speaker {
  who: Participant;
  stream: { streamId: string; label: string };
}

const mute = ({ who, stream }: Speaker, audio: boolean): Promise<null> =>
  who.configure(stream.streamId, { muteStream: { audio, video: false } });

/** Ann and cleo publish at one process, each asked for what is needed; ben will play both at another. */
async function scene() {
  const [origin, gateway] = await Promise.all([
    suite.start('eu-west', '127.0.1.1'),
    suite.start('us-east', '127.0.2.1'),
  ]);
  const speakers: Speaker[] = [];
  for (let count = 0; count < 2; count += 1) {
    const who = await Participant.create(suite.browser, TestController.dial(origin));
    who.follows = true;
    speakers.push({ who, stream: await who.publish() });
  }
  const [ann, cleo] = speakers;
  if (ann === undefined || cleo === undefined) {
    throw new Error('two were made');
  }
  const atGateway = TestController.dial(gateway);
  const ben = await Participant.create(suite.browser, atGateway);
  const plays = ({ stream }: Speaker): Promise<void> => ben.subscribe(stream, [origin.hop]);
  const shows = (ids: string[]): Promise<unknown> =>
    vi.waitUntil(
      () =>
        JSON.stringify(atGateway.shown.get(ben.clientId)?.toSorted()) ===
        JSON.stringify(ids.toSorted()),
      patience,
    );
  const asked = ({ who }: Speaker, spatial: number | null): Promise<unknown> =>
    vi.waitUntil(() => who.controller.wanted.at(-1) === spatial, patience);
  return { gateway, atGateway, ann, cleo, ben, plays, shows, asked };
}

describe('the video of the last who spoke', () => {
  it('comes, that of others is not even sent by them, and everybody is heard', long, async () => {
    const { gateway, ann, cleo, ben, plays, shows, asked } = await scene();
    await mute(cleo, true);
    ben.lastN = 1;
    await plays(ann);
    await plays(cleo);
    await shows([ann.stream.streamId]);
    await ben.plays(ann.stream.label);
    await asked(cleo, null);
    expect(await gateway.counters()).toMatchObject({ subscribers: 2, hiddenVideos: 1 });

    await mute(ann, true);
    await mute(cleo, false);
    await shows([cleo.stream.streamId]);
    await asked(cleo, 7);
    await ben.plays(cleo.stream.label);
    await asked(ann, null);
    const before = await ben.played(ann.stream.label);
    await mute(ann, false);
    const after = await until(
      () => ben.played(ann.stream.label),
      ({ audioPackets }) => audioPackets > before.audioPackets + 20,
      20_000,
    );
    expect(after.audioPackets).toBeGreaterThan(before.audioPackets + 20);
  });

  it('comes beside that of who is pinned, and of all when all are wanted again', long, async () => {
    const { gateway, atGateway, ann, cleo, ben, plays, shows } = await scene();
    const all = [ann.stream.streamId, cleo.stream.streamId];
    ben.lastN = 0;
    await plays(ann);
    await plays(cleo);
    await shows([]);
    await ben.configure(cleo.stream.streamId, { pinned: true });
    await shows([cleo.stream.streamId]);
    await ben.plays(cleo.stream.label);
    expect((await ben.played(ann.stream.label)).frames).toBe(0);
    // Both cameras beep: who is to be the last who spoke has to be the one who does.
    await mute(cleo, true);
    const { clientId } = ben;
    await atGateway.peer.call('setLastN', { clientId, n: 1 });
    await shows(all);
    await ben.plays(ann.stream.label);
    await ben.configure(cleo.stream.streamId, { pinned: false });
    await shows([ann.stream.streamId]);
    await atGateway.peer.call('setLastN', { clientId, n: null });
    await mute(cleo, false);
    await ben.plays(cleo.stream.label);
    expect(await gateway.counters()).toMatchObject({ hiddenVideos: 0 });
  });
});
