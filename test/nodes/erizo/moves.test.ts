import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConnectionPlan } from '../../../protocol/contracts/controller-erizo.ts';
import { newStreamId } from '../../../protocol/ids.ts';
import type { Frame, Seen } from '../../support/endpoint/seen.ts';
import { framesOf } from '../../support/endpoint/seen.ts';
import { grantOf, roomId } from './kit/grants.ts';
import { missingRuns } from './kit/missing.ts';
import type { Participant } from './kit/participant.ts';
import { erizoSuite } from './kit/suite.ts';
import { TestController } from './kit/test-controller.ts';
import type { TestErizo } from './kit/test-erizo.ts';
import { reroute } from './kit/reroute.ts';

const suite = erizoSuite();
const { start } = suite;

const join = (erizo: TestErizo, plan: ConnectionPlan = 'dual'): Promise<Participant> =>
  suite.join(TestController.dial(erizo), { plan, watchFrames: true });

/** An origin, a relay and two processes of a third region, one behind the other, with a stream. */
async function fourProcesses(atGateway: Record<string, string> = {}) {
  const [origin, relay, gateway, behind] = await Promise.all([
    start('eu-west'),
    start('us-east'),
    start('ap-northeast', { env: atGateway }),
    start('ap-northeast'),
  ]);
  const ann = await join(origin);
  const stream = await ann.publish();
  return { origin, relay, gateway, behind, ann, stream };
}

/** What of one SSRC came, in the order in which the first of each did. */
function bySsrc(frames: readonly Frame[]): Frame[][] {
  return [...Map.groupBy(frames, ({ ssrc }) => ssrc).values()];
}

/** The new way of a stream played, from a key frame on, before the page showed no more of the old one. */
function goesOver(seen: readonly Seen[]): void {
  const frames = framesOf(seen, 'received');
  const [before = [], after = [], ...more] = bySsrc(frames);
  expect(more).toEqual([]);
  const [first] = after;
  expect(first?.isKey).toBe(true);
  const leftAt = seen.findIndex((one) => one.way === 'left' && one.trackId === before[0]?.trackId);
  expect(leftAt).toBeGreaterThan(seen.indexOf(first as Frame));
  for (const way of [before, after]) {
    const times = way.map(({ rtp }) => rtp);
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
  }
}

/** Frames of a video that comes another way may be missing for 200 ms, at 15 frames/s. */
const longestGap_frames = 3;

describe('a stream that comes another way', () => {
  it('goes on for all who play it there and further down, from a key frame on, with no gap and nothing twice', async () => {
    const { origin, relay, gateway, behind, ann, stream } = await fourProcesses();
    const direct = [origin.hop];
    const relayed = [relay.hop, origin.hop];
    const ben = await join(gateway);
    const cleo = await join(gateway, 'single');
    const dan = await join(behind);
    const eve = await join(gateway, 'stream');
    const viewers = [ben, cleo, dan, eve];
    await ben.subscribe(stream, relayed);
    await Promise.all([cleo, eve].map((viewer) => viewer.subscribe(stream, relayed)));
    await dan.subscribe(stream, [gateway.hop, ...relayed]);
    await Promise.all(viewers.map((viewer) => viewer.plays(stream)));
    expect(await relay.counters()).toMatchObject({ pulls: 1, feeds: 1 });

    await reroute(gateway, stream.streamId, direct);

    // The way over the relay is given up when the last of them has gone over.
    const isAlone = ({ pulls }: { pulls: number }): boolean => pulls === 1;
    expect(await gateway.settled(isAlone)).toMatchObject({ pulls: 1, wanPulls: 1 });
    expect(await behind.settled(isAlone)).toMatchObject({ pulls: 1, wanPulls: 0 });
    expect(await relay.settled(({ feeds }) => feeds === 0)).toMatchObject({ feeds: 0 });
    // Two tracks come, and go to three viewers and to the process behind.
    expect(await gateway.counters()).toMatchObject({
      ...{ producers: 2, consumers: 8, feeds: 1, pipeTransports: 2 },
    });
    await Promise.all(viewers.map((viewer) => viewer.plays(stream)));

    const sent = framesOf(await ann.seen(), 'sent');
    for (const viewer of viewers) {
      const seen = await viewer.seen();
      goesOver(seen);
      const missing = missingRuns(sent, framesOf(seen, 'received'));
      expect(missing.filter((run) => run.length > longestGap_frames)).toEqual([]);
      expect(viewer.controller.failures).toEqual([]);
    }
  });

  it('stays as it is where the new way cannot be had, or leads back to who asks', async () => {
    const { origin, relay, gateway, behind, stream } = await fourProcesses();
    const { streamId } = stream;
    const direct = [origin.hop];
    const ben = await join(gateway);
    await ben.subscribe(stream, direct);
    await behind.end();
    await expect(reroute(gateway, streamId, [behind.hop, origin.hop])).rejects.toMatchObject({
      code: 'unavailable',
    });
    const cleo = await join(relay);
    await cleo.subscribe(stream, [gateway.hop, origin.hop]);
    // It comes to the relay by way of who would have it from there.
    await expect(reroute(gateway, streamId, [relay.hop, origin.hop])).rejects.toMatchObject({
      code: 'forbidden',
    });
    await Promise.all([ben, cleo].map((viewer) => viewer.plays(stream)));
    for (const erizo of [gateway, relay]) {
      expect(await erizo.counters()).toMatchObject({ pulls: 1, wanPulls: 1 });
    }
    expect([...ben.controller.failures, ...cleo.controller.failures]).toEqual([]);
  });

  it('does not go in a circle where two regions go below each other at once', async () => {
    const { origin, relay, gateway, stream } = await fourProcesses();
    const { streamId } = stream;
    const [ben, cleo] = await Promise.all([join(gateway), join(relay)]);
    await Promise.all([ben, cleo].map((viewer) => viewer.subscribe(stream, [origin.hop])));
    const [one, other] = await Promise.allSettled([
      reroute(gateway, streamId, [relay.hop, origin.hop]),
      reroute(relay, streamId, [gateway.hop, origin.hop]),
    ]);
    expect([one.status, other.status]).toContain('rejected');
    await Promise.all([ben, cleo].map((viewer) => viewer.plays(stream, 30)));
    expect([...ben.controller.failures, ...cleo.controller.failures]).toEqual([]);
  });

  it('comes the new way at once where the old one breaks meanwhile', async () => {
    const { origin, relay, gateway, behind, stream } = await fourProcesses();
    const [ben, cleo] = await Promise.all([join(gateway), join(gateway, 'stream')]);
    const relayed = [relay.hop, origin.hop];
    await Promise.all([ben, cleo].map((viewer) => viewer.subscribe(stream, relayed)));
    await Promise.all([ben, cleo].map((viewer) => viewer.plays(stream)));
    // Who is asked for the new way does not answer before the old one has broken.
    behind.child.kill('SIGSTOP');
    const moved = reroute(gateway, stream.streamId, [behind.hop, origin.hop]);
    await gateway.settled(({ pulls }) => pulls === 2);
    relay.child.kill('SIGKILL');
    await moved;
    expect(await gateway.settled(({ pulls }) => pulls === 1)).toMatchObject({ pulls: 1 });
    behind.child.kill('SIGCONT');
    await Promise.all([ben, cleo].map((viewer) => viewer.plays(stream)));
    expect([...ben.controller.failures, ...cleo.controller.failures]).toEqual([]);
  });

  it('comes another way while its video is muted, and is shown when it is not any more', async () => {
    const { origin, relay, gateway, ann, stream } = await fourProcesses();
    const ben = await join(gateway);
    await ben.subscribe(stream, [relay.hop, origin.hop]);
    await ben.plays(stream);
    await ann.configure(stream.streamId, { muteStream: { audio: false, video: true } });
    // By then the worker counts no bits of it any more.
    await ben.hearsMore(stream, 200);
    await reroute(gateway, stream.streamId, [origin.hop]);
    expect(await gateway.settled(({ pulls }) => pulls === 1)).toMatchObject({ pulls: 1 });
    await ann.configure(stream.streamId, { muteStream: { audio: false, video: false } });
    await ben.plays(stream);
    expect(ben.controller.failures).toEqual([]);
  });

  it('stays for a recording on the way on which that began, and goes another way for others', async () => {
    const dir = mkdtempSync(pathOf(tmpdir(), 'rizoma-moves-'));
    const { origin, relay, gateway, stream } = await fourProcesses({ RIZOMA_RECORDING_DIR: dir });
    const ben = await join(gateway);
    const { streamId } = stream;
    const relayed = [relay.hop, origin.hop];
    await ben.subscribe(stream, relayed);
    const { peer } = ben.controller;
    const recordingId = newStreamId();
    const wanted = { roomId, streamId, recordingId, route: relayed, grant: await grantOf() };
    await peer.call('addExternalOutput', wanted);

    await reroute(gateway, streamId, [origin.hop]);

    await ben.plays(stream, 30);
    expect(await gateway.counters()).toMatchObject({ pulls: 2, recordings: 1 });
    await expect(reroute(gateway, streamId, relayed)).rejects.toMatchObject({ code: 'overloaded' });
    expect(await peer.call('removeExternalOutput', { recordingId })).toMatchObject({
      why: 'stopped',
    });
    expect(await gateway.settled(({ pulls }) => pulls === 1)).toMatchObject({ pulls: 1 });
    await reroute(gateway, streamId, relayed);
    await ben.plays(stream);
    rmSync(dir, { recursive: true, force: true });
  });

  it('goes on from a key frame on where it is sent in several layers, of which one viewer wants the lowest', async () => {
    const { origin, relay, gateway, ann } = await fourProcesses();
    const stream = await ann.publish({ simulcast: true });
    const ben = await join(gateway);
    const cleo = await join(gateway);
    const viewers = [ben, cleo];
    await Promise.all(viewers.map((viewer) => viewer.subscribe(stream, [relay.hop, origin.hop])));
    await ben.configure(stream.streamId, { qualityLayer: { spatial: 0 } });
    await Promise.all(viewers.map((viewer) => viewer.plays(stream)));

    await reroute(gateway, stream.streamId, [origin.hop]);

    expect(await gateway.settled(({ pulls }) => pulls === 1)).toMatchObject({ pulls: 1 });
    await Promise.all(viewers.map((viewer) => viewer.plays(stream)));
    for (const viewer of viewers) {
      goesOver(await viewer.seen());
    }
  });
});
