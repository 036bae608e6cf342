import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ErizoList } from '../../../nodes/controller/erizo-list.ts';
import type { Erizo, ErizoRef } from '../../../nodes/controller/erizos.ts';
import {
  controllerToErizo,
  erizoToController,
} from '../../../protocol/contracts/controller-erizo.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { RpcPeer } from '../../../protocol/rpc-peer.ts';
import { MemoryLink } from '../../fakes/memory-link.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

interface Someone {
  name: string;
  /** Tracks that it is sent. */
  tracks?: number;
}

const rpc = new RpcPeer(
  {
    link: new MemoryLink('unused'),
    clock: new VirtualClock(),
    handlers: {
      connectionMessage: () => undefined,
      load: () => undefined,
      streamFailed: () => undefined,
      recordingEnded: () => undefined,
      layersWanted: () => undefined,
      videosShown: () => undefined,
      activeSpeaker: () => undefined,
      audioLevels: () => undefined,
      bandwidthAlert: () => undefined,
      qualityLevel: () => undefined,
      inputEnded: () => undefined,
    },
  },
  { outgoing: controllerToErizo, incoming: erizoToController },
);
const refOf = (name: string): ErizoRef => ({
  erizoId: name,
  endpoint: `tcp://${name}:1`,
  agentId: 'agent',
});

class World {
  readonly asked: PromiseWithResolvers<ErizoRef>[] = [];
  readonly except: string[][] = [];
  readonly open = new Map<string, Erizo>();
  changes = 0;
  readonly list: ErizoList<Someone>;

  constructor(options: {
    maxErizosPerRoom: number;
    clientsPerErizo: number;
    consumersPerErizo?: number;
  }) {
    this.list = new ErizoList<Someone>(
      {
        consumersOf: ({ tracks = 0 }) => tracks,
        create: (except) => {
          const asked = Promise.withResolvers<ErizoRef>();
          this.asked.push(asked);
          this.except.push(except);
          return asked.promise;
        },
        acquire: (ref) => {
          const erizo = { ...ref, rpc, load: { consumers: 0, cpu: 0 } };
          expect(this.open.has(ref.erizoId)).toBe(false);
          this.open.set(ref.erizoId, erizo);
          return erizo;
        },
        release: (erizo) => {
          expect(this.open.delete(erizo.erizoId)).toBe(true);
        },
        changed: () => {
          this.changes += 1;
        },
      },
      { consumersPerErizo: 500, cpuPerErizo: 0.8, ...options },
    );
  }

  /** The process says how busy it is. */
  loaded(erizoId: string, load: Erizo['load']): void {
    const erizo = this.open.get(erizoId);
    if (erizo !== undefined) {
      erizo.load = load;
    }
  }
}

/** Takes a process, which the agent gives under that name where it is asked for one. */
async function seat(world: World, someone: Someone, name: string): Promise<string> {
  const before = world.asked.length;
  const taken = world.list.take(someone);
  if (world.asked.length > before) {
    world.asked.at(-1)?.resolve(refOf(name));
  }
  return (await taken).erizoId;
}

describe('the processes of a room', () => {
  it('are asked for once, and who comes meanwhile waits', async () => {
    const world = new World({ maxErizosPerRoom: 3, clientsPerErizo: 2 });
    const [ann, bob, carl] = [{ name: 'ann' }, { name: 'bob' }, { name: 'carl' }];
    const taken = [world.list.take(ann), world.list.take(bob), world.list.take(ann)];
    expect(world.asked).toHaveLength(1);
    const third = world.list.take(carl);
    expect(world.asked).toHaveLength(2);
    world.asked[0]?.resolve(refOf('one'));
    expect((await Promise.all(taken)).map(({ erizoId }) => erizoId)).toEqual(['one', 'one', 'one']);
    world.asked[1]?.resolve(refOf('two'));
    expect((await third).erizoId).toBe('two');
    expect(world.list.facts.map(({ erizoId }) => erizoId)).toEqual(['one', 'two']);
  });

  it('are no more than a room may use; the one with the fewest clients takes the rest', async () => {
    const world = new World({ maxErizosPerRoom: 2, clientsPerErizo: 1 });
    const people = [1, 2, 3, 4].map((number) => ({ name: `${number}` }));
    const taken = people.map((person) => world.list.take(person));
    world.asked.forEach((asked, index) => asked.resolve(refOf(`e${index}`)));
    const names = (await Promise.all(taken)).map(({ erizoId }) => erizoId);
    expect(names).toEqual(['e0', 'e1', 'e0', 'e1']);
    expect(world.except).toEqual([[], []]);
  });

  it('are full by what their clients asked for, before they say so themselves', async () => {
    const world = new World({ maxErizosPerRoom: 2, clientsPerErizo: 9, consumersPerErizo: 4 });
    const people = [1, 2, 3, 4].map((number) => ({ name: `${number}`, tracks: 2 }));
    const names = [];
    for (const [index, person] of people.entries()) {
      names.push(await seat(world, person, `e${index}`));
    }
    expect(names).toEqual(['e0', 'e0', 'e2', 'e2']);
    await expect(world.list.take({ name: 'one too many', tracks: 2 })).rejects.toMatchObject({
      code: 'overloaded',
    });
    world.list.release(people[0] ?? { name: '' });
    expect(await seat(world, { name: 'next', tracks: 2 }, 'none')).toBe('e0');
  });

  it('are full by their own word, which counts what other rooms have there', async () => {
    const world = new World({ maxErizosPerRoom: 2, clientsPerErizo: 9, consumersPerErizo: 4 });
    expect(await seat(world, { name: 'ann', tracks: 1 }, 'one')).toBe('one');
    world.loaded('one', { consumers: 4, cpu: 0 });
    expect(await seat(world, { name: 'bob', tracks: 1 }, 'two')).toBe('two');
    world.loaded('one', { consumers: 1, cpu: 0 });
    expect(await seat(world, { name: 'carl', tracks: 1 }, 'three')).toBe('one');
  });

  it('are relieved of CPU where there is another, and go on where there is none', async () => {
    const world = new World({ maxErizosPerRoom: 2, clientsPerErizo: 9 });
    expect(await seat(world, { name: 'ann' }, 'one')).toBe('one');
    world.loaded('one', { consumers: 4, cpu: 0.9 });
    expect(await seat(world, { name: 'bob' }, 'two')).toBe('two');
    world.loaded('two', { consumers: 4, cpu: 0.9 });
    expect(await seat(world, { name: 'carl' }, 'three')).toBe('one');
  });

  it('take more than their share where no agent has another, until they are full', async () => {
    const world = new World({ maxErizosPerRoom: 3, clientsPerErizo: 1, consumersPerErizo: 2 });
    expect(await seat(world, { name: 'ann', tracks: 1 }, 'one')).toBe('one');
    const bob = world.list.take({ name: 'bob', tracks: 1 });
    world.asked.at(-1)?.reject(new RizomaError('overloaded', 'no'));
    expect((await bob).erizoId).toBe('one');
    const carl = world.list.take({ name: 'carl', tracks: 1 });
    world.asked.at(-1)?.reject(new RizomaError('overloaded', 'no'));
    await expect(carl).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('fail for everybody who waits, and are asked for anew by the next', async () => {
    const world = new World({ maxErizosPerRoom: 2, clientsPerErizo: 5 });
    const [ann, bob] = [{ name: 'ann' }, { name: 'bob' }];
    const taken = Promise.allSettled([world.list.take(ann), world.list.take(bob)]);
    world.asked[0]?.reject(new RizomaError('overloaded', 'no'));
    expect((await taken).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = world.list.take(ann);
    world.asked[1]?.resolve(refOf('one'));
    expect((await again).erizoId).toBe('one');
  });

  it('are given back with their last client, also with one who left while it waited', async () => {
    const world = new World({ maxErizosPerRoom: 2, clientsPerErizo: 5 });
    const ann = { name: 'ann' };
    const taken = world.list.take(ann);
    world.list.release(ann);
    world.asked[0]?.resolve(refOf('one'));
    await expect(taken).rejects.toMatchObject({ code: 'cancelled' });
    expect(world.open.size).toBe(0);
    expect(world.list.facts).toEqual([]);
  });

  it('that die lose their clients, who get another one', async () => {
    const world = new World({ maxErizosPerRoom: 2, clientsPerErizo: 5 });
    const [ann, bob] = [{ name: 'ann' }, { name: 'bob' }];
    const taken = Promise.all([world.list.take(ann), world.list.take(bob)]);
    world.asked[0]?.resolve(refOf('one'));
    await taken;
    expect(world.list.died('one')).toEqual([ann, bob]);
    expect(world.list.died('one')).toEqual([]);
    expect(world.list.of(ann)).toBeUndefined();
    const next = world.list.take(ann);
    world.asked[1]?.resolve(refOf('two'));
    expect((await next).erizoId).toBe('two');
  });

  it('that die are still told of while they are mourned, and no client comes to them', async () => {
    const world = new World({ maxErizosPerRoom: 2, clientsPerErizo: 5 });
    const ann = { name: 'ann' };
    await seat(world, ann, 'one');
    const endMourning = world.list.mourn('one');
    world.list.died('one');
    expect(world.list.isLive('one')).toBe(false);
    expect(world.list.told.map(({ erizoId }) => erizoId)).toEqual(['one']);
    expect(await seat(world, ann, 'two')).toBe('two');
    expect(world.list.facts.map(({ erizoId }) => erizoId)).toEqual(['two']);
    const before = world.changes;
    endMourning();
    endMourning();
    expect(world.list.told.map(({ erizoId }) => erizoId)).toEqual(['two']);
    expect(world.changes).toBe(before + 1);
  });

  it('count once where an agent answers with one that the room has', async () => {
    const world = new World({ maxErizosPerRoom: 3, clientsPerErizo: 1 });
    const [ann, bob] = [{ name: 'ann' }, { name: 'bob' }];
    const taken = Promise.all([world.list.take(ann), world.list.take(bob)]);
    world.asked.forEach((asked) => asked.resolve(refOf('one')));
    expect((await taken).map(({ erizoId }) => erizoId)).toEqual(['one', 'one']);
    expect(world.list.facts).toHaveLength(1);
    world.list.release(ann);
    expect(world.open.size).toBe(1);
    world.list.release(bob);
    expect(world.open.size).toBe(0);
  });

  it('never leak and never exceed their number, whatever happens', async () => {
    const people = [0, 1, 2, 3, 4, 5].map((number) => ({ name: `${number}` }));
    const move = fc.record({
      kind: fc.constantFrom('take', 'release', 'answer', 'refuse', 'die'),
      who: fc.nat(5),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 40 }), async (moves) => {
        const world = new World({ maxErizosPerRoom: 2, clientsPerErizo: 2 });
        let made = 0;
        const settle = (index: number, refuse: boolean): void => {
          const [asked] = world.asked.splice(index % Math.max(1, world.asked.length), 1);
          made += 1;
          if (refuse) {
            asked?.reject(new RizomaError('overloaded', 'no'));
          } else {
            asked?.resolve(refOf(`e${made}`));
          }
        };
        for (const { kind, who } of moves) {
          const person = people[who] ?? { name: 'nobody' };
          if (kind === 'take') {
            world.list.take(person).catch(() => undefined);
          } else if (kind === 'release') {
            world.list.release(person);
          } else if (kind === 'die') {
            const [erizoId = ''] = world.open.keys();
            world.open.delete(erizoId);
            world.list.died(erizoId);
          } else {
            settle(who, kind === 'refuse');
          }
          await new Promise((resolve) => setImmediate(resolve));
          expect(world.open.size + world.asked.length).toBeLessThanOrEqual(2);
          const known = world.list.facts.map(({ erizoId }) => erizoId);
          expect(known.toSorted()).toEqual([...world.open.keys()].toSorted());
        }
        while (world.asked.length > 0) {
          settle(0, false);
        }
        await new Promise((resolve) => setImmediate(resolve));
        people.forEach((person) => world.list.release(person));
        expect(world.open.size).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
