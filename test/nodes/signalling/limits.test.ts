import { describe, expect, it } from 'vitest';
import { defaults } from '../../../nodes/controller/defaults.ts';
import { limits } from '../../../protocol/limits.ts';
import { controllerSockets } from '../../support/controller-sockets.ts';
import { SignallingClient } from '../../support/fuzz/signalling-client.ts';
import type { World } from '../controller/world.ts';
import { eventually, worldsOfTests } from '../controller/world.ts';

/** Clients that send or take more than is meant: each has an end, and those beside them go on. */

const newWorld = worldsOfTests();
const options = { state: 'data', audio: false, video: false, data: true };

/** Of 17 levels, with what it stands in. */
const deep = JSON.parse(`${'{"a":'.repeat(16)}1${'}'.repeat(16)}`) as object;

async function join(world: World): Promise<SignallingClient> {
  return SignallingClient.join(world.url, { ticket: await world.ticket() });
}

/** Two that talk to each other, over a stream of the first. */
async function pair(world: World) {
  const [speaker, hearer] = [await join(world), await join(world)];
  const [streamId] = (await speaker.ask('publish', { options })) ?? [];
  await hearer.ask('subscribe', { options: { streamId } });
  let heard = 0;
  hearer.listen((event) => {
    heard += event === 'onDataStream' ? 1 : 0;
  });
  return {
    streamId,
    speaker,
    /** Resolves when all that was said was heard. */
    says: async (words: readonly string[]): Promise<void> => {
      const all = heard + words.length;
      for (const msg of words) {
        expect(await speaker.ask('sendDataStream', { id: streamId, msg })).toEqual([]);
      }
      await eventually(() => heard === all);
    },
  };
}

describe('a client', () => {
  it.each([
    [
      'attributes of a stream it publishes',
      'publish',
      { options: { ...options, attributes: deep } },
    ],
    ['other attributes', 'updateStreamAttributes', { id: '1'.repeat(18), attrs: deep }],
    ['data', 'sendDataStream', { id: '1'.repeat(18), msg: deep }],
    ['selectors', 'autoSubscribe', { selectors: deep, negativeSelectors: {} }],
    [
      'options of a subscription',
      'subscribe',
      { options: { streamId: '1'.repeat(18), video: deep } },
    ],
    ['a word to a peer', 'streamMessageP2P', { options: { streamId: '1'.repeat(18), msg: deep } }],
  ])('that nests %s deeper than 16 levels is refused in words', async (_what, event, msg) => {
    const world = await newWorld();
    const { says } = await pair(world);
    const client = await join(world);
    const [, words] = (await client.ask(event, msg)) ?? [];
    expect(words).toBe(`bad_request: ${event} is nested deeper than 16 levels`);
    await says(['still here']);
    expect(client.isOpen).toBe(true);
  });

  it('that sends a message of 1 MB loses its socket, and may come back', async () => {
    const world = await newWorld();
    const { says } = await pair(world);
    const client = await join(world);
    client.say('publish', { options: { ...options, label: 'x'.repeat(1024 * 1024) } });
    expect(await client.gone).toMatch(/transport/);
    await says(['still here']);
    expect(world.controller.counters()).toMatchObject({ clients: 3, sockets: 2 });
    await SignallingClient.end(world.url, client.returnKey);
    await eventually(() => world.controller.counters().clients === 2);
  });

  it('that sends 10,000 messages in a second is refused, and then ended with a word why', async () => {
    const world = await newWorld();
    const { says } = await pair(world);
    const client = await join(world);
    let end: unknown;
    client.listen((event, msg) => {
      end = event === 'room_ended' ? msg : end;
    });
    const asked = Array.from({ length: 10_000 }, () => client.ask('getStreamStats', '1'));
    await says(['one', 'two', 'three']);
    expect(await client.gone).toBe('io server disconnect');
    expect(end).toMatchObject({ code: 'rate_limited' });
    const answers = (await Promise.all(asked)).filter((answer) => answer !== undefined);
    const refused = answers.filter((answer) => String(answer[1]).startsWith('rate_limited: '));
    expect(refused.length).toBeGreaterThan(answers.length / 2);
    expect(answers.length).toBeLessThan(10_000);
    await eventually(() => world.controller.counters().clients === 2);
  });

  it('that reads nothing holds up nobody, and who sends more data than it may is refused in words', async () => {
    const world = await newWorld();
    const { speaker, streamId } = await pair(world);
    const client = await join(world);
    await client.ask('subscribe', { options: { streamId } });
    client.stopReading();
    const word = 'x'.repeat(limits.data_bytes - 2);
    const many = Array.from({ length: (2 * limits.data_burst_bytes) / limits.data_bytes }, () =>
      speaker.ask('sendDataStream', { id: streamId, msg: word }),
    );
    const refusals = (await Promise.all(many)).filter((answer) => answer?.length !== 0);
    expect(refusals.length).toBeGreaterThan(0);
    for (const refused of refusals) {
      expect(refused?.[1]).toMatch(/^rate_limited: more than 256 KiB of data in one second/);
    }
    expect(world.controller.counters()).toMatchObject({ clients: 3, sockets: 3 });
    client.vanish();
  });
});

describe('bytes of a client', () => {
  it('that reads nothing, and confirms what it never got, are kept up to 2 MiB and some of what others say', async () => {
    const sockets = controllerSockets();
    const world = await newWorld();
    const client = await join(world);
    // Those of two hosts' kernels are full after some 10 MiB.
    const speakers = await Promise.all(Array.from({ length: 16 }, () => join(world)));
    const streams = [];
    for (const speaker of speakers) {
      const [streamId] = (await speaker.ask('publish', { options })) ?? [];
      await client.ask('subscribe', { options: { streamId } });
      streams.push({ speaker, streamId });
    }
    client.stopReading();
    const msg = 'x'.repeat(limits.data_bytes - 100);
    for (let sent = 0; sent < limits.data_burst_bytes / limits.data_bytes; sent += 1) {
      for (const { speaker, streamId } of streams) {
        expect(await speaker.ask('sendDataStream', { id: streamId, msg })).toEqual([]);
        client.raw('2["socketgd_ack",{"id":9007199254740991}]');
      }
    }
    expect(sockets.mostUnsent_bytes()).toBeGreaterThan(defaults.unsentData_bytes / 2);
    expect(sockets.mostUnsent_bytes()).toBeLessThan(
      defaults.unsentData_bytes + 2 * limits.data_bytes,
    );
    expect(client.isOpen).toBe(true);
    client.vanish();
  });

  it('that come faster than they may are read later, all of them, and others do not wait for it', async () => {
    const sockets = controllerSockets();
    const world = await newWorld();
    const { says } = await pair(world);
    const client = await join(world);
    const label = 'x'.repeat(200_000);
    const asked = Array.from({ length: 13 }, () =>
      client.ask('publish', { options: { ...options, label } }),
    );
    await eventually(sockets.someWaits);
    await says(['still here']);
    const answers = await Promise.all(asked);
    expect(answers.map((answer) => String(answer?.[1]).split(':')[0])).toEqual(
      Array(13).fill('bad_request'),
    );
    await eventually(() => !sockets.someWaits());
    expect(client.isOpen).toBe(true);
  });
});

describe('what is said of streams', () => {
  it('has room for 64 KiB of one client, and what is more is refused in words and harms no other', async () => {
    const world = await newWorld();
    const { says } = await pair(world);
    const client = await join(world);
    const large = { ...options, attributes: { text: 'x'.repeat(15 * 1024) } };
    const publish = async (): Promise<unknown[]> =>
      (await client.ask('publish', { options: large })) ?? [];
    const answers = [];
    for (let sent = 0; sent < 5; sent += 1) {
      answers.push(await publish());
    }
    expect(answers.map(([id]) => typeof id)).toEqual([...Array(4).fill('string'), 'object']);
    expect(answers[4]?.[1]).toBe(
      'overloaded: labels and attributes of your streams have up to 64 KiB together: say less',
    );
    const [id] = answers[0] ?? [];
    const more = { id, attrs: { text: 'y'.repeat(16 * 1024 - 20) } };
    expect((await client.ask('updateStreamAttributes', more))?.[1]).toBeUndefined();
    await client.ask('unpublish', id);
    expect(typeof (await publish())[0]).toBe('string');
    await says(['still here']);
  });

  it('has room for 704 KiB of a room, and the streams that are there stay', async () => {
    const world = await newWorld();
    const { says } = await pair(world);
    const large = { ...options, attributes: { text: 'ж'.repeat(8 * 1024 - 16) } };
    let published = 0;
    for (let clients = 0; clients < 16; clients += 1) {
      const client = await join(world);
      for (let sent = 0; sent < 3; sent += 1) {
        const [id, words] = (await client.ask('publish', { options: large })) ?? [];
        published += typeof id === 'string' ? 1 : 0;
        expect(typeof id === 'string' || String(words)).toSatisfy(
          (said: unknown) =>
            said === true || /^overloaded: .*the room have up to 704 KiB/.test(String(said)),
        );
      }
    }
    expect(published).toBeGreaterThan(40);
    expect(published).toBeLessThan(46);
    await says(['still here']);
  });
});
