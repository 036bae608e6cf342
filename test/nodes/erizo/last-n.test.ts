import { describe, expect, it, vi } from 'vitest';
import type { Participant, TestStream } from './kit/participant.ts';
import { TestController } from './kit/test-controller.ts';
import { erizoSuite } from './kit/suite.ts';

/** A viewer in another region who wants the video of the last one who spoke. */

const suite = erizoSuite();

const patience = { timeout: 30_000, interval: 100 };
/** Three endpoints in a test: each picture that begins takes a machine with much to do some seconds. */
const long = { timeout: 150_000 };

interface Speaker {
  who: Participant;
  stream: TestStream;
}

const mute = ({ who, stream }: Speaker, audio: boolean): Promise<null> =>
  who.configure(stream.streamId, { muteStream: { audio, video: false } });

/** Ann and cleo publish at one process, each asked for what is needed; ben will play both at another. */
async function scene() {
  const [origin, gateway] = await Promise.all([suite.start('eu-west'), suite.start('us-east')]);
  const speakers: Speaker[] = [];
  for (let count = 0; count < 2; count += 1) {
    const who = await suite.join(TestController.dial(origin));
    who.follows = true;
    speakers.push({ who, stream: await who.publish() });
  }
  const [ann, cleo] = speakers;
  if (ann === undefined || cleo === undefined) {
    throw new Error('two were made');
  }
  const atGateway = TestController.dial(gateway);
  const ben = await suite.join(atGateway);
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
    await ben.plays(ann.stream);
    await asked(cleo, null);
    expect(await gateway.counters()).toMatchObject({ subscribers: 2, hiddenVideos: 1 });

    await mute(ann, true);
    await mute(cleo, false);
    await shows([cleo.stream.streamId]);
    await asked(cleo, 7);
    await ben.plays(cleo.stream);
    await asked(ann, null);
    await mute(ann, false);
    await ben.hearsMore(ann.stream, 20);
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
    await ben.plays(cleo.stream);
    expect((await ben.played(ann.stream)).frames).toBe(0);
    // Both cameras beep: who is to be the last who spoke has to be the one who does.
    await mute(cleo, true);
    const { clientId } = ben;
    await atGateway.peer.call('setLastN', { clientId, n: 1 });
    await shows(all);
    await ben.plays(ann.stream);
    await ben.configure(cleo.stream.streamId, { pinned: false });
    await shows([ann.stream.streamId]);
    await atGateway.peer.call('setLastN', { clientId, n: null });
    await mute(cleo, false);
    await ben.plays(cleo.stream);
    expect(await gateway.counters()).toMatchObject({ hiddenVideos: 0 });
  });
});
