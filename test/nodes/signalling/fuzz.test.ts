import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fuzzSeed, signallingInputs } from '../../support/fuzz/amount.ts';
import { heapInUse_bytes } from '../../support/fuzz/heap.ts';
import { plans } from '../../support/fuzz/signalling-plans.ts';
import { SignallingWorld } from '../../support/fuzz/signalling-world.ts';

/** Clients that are many enough for none to be over its rate. */
const clients = 48;
/** What they do at a time. */
const atOnce = 200;

/** What is not answered by then is heard at the end: a recording waits 20 s for a stream that is on its way. */
const late_ms = 1_000;

function refuse(outcomes: readonly (string | undefined)[]): void {
  const wrong = outcomes.filter((one) => one !== undefined);
  if (wrong.length > 0) {
    throw new Error(wrong.join('\n'));
  }
}

async function run(world: SignallingWorld, inputs: number, seed: number): Promise<void> {
  const late: Promise<string | undefined>[] = [];
  const inTime = async (acted: Promise<string | undefined>): Promise<string | undefined> => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      late.push(acted);
      resolve(undefined);
    }, late_ms);
    return await Promise.race([acted, promise]).finally(() => clearTimeout(timer));
  };
  const property = fc.asyncProperty(
    fc.array(plans, { minLength: atOnce, maxLength: atOnce }),
    async (batch) => {
      refuse(await Promise.all(batch.map((plan) => inTime(world.act(plan)))));
      await world.exchange();
    },
  );
  const numRuns = Math.ceil(inputs / atOnce);
  const details = await fc.check(property, { numRuns, seed, endOnFailure: true });
  if (details.failed) {
    const { errorInstance: error, counterexamplePath: path } = details;
    throw new Error(`path ${path}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  refuse(await Promise.all(late));
}

it.each([[signallingInputs, fuzzSeed]])(
  'answers %i events of clients in defined words, keeps nothing of them, and no other client notices (seed %i)',
  async (inputs, seed) => {
    const world = await SignallingWorld.create(clients);
    await run(world, Math.ceil(inputs / 4), seed);
    world.forget();
    const before_bytes = heapInUse_bytes();
    await run(world, Math.ceil((inputs * 3) / 4), seed + 1);
    world.forget();
    const grown_bytes = heapInUse_bytes() - before_bytes;
    await world.empty();
    expect(world.world.controller.counters()).toMatchObject({
      ...{ clients: world.bystanders, streams: 1, subscriptions: 1, rooms: 1, sockets: 2 },
    });
    await world.exchange();
    console.log(JSON.stringify({ inputs, seed, grown_bytes }));
    expect(grown_bytes).toBeLessThan(16 * 1024 * 1024);
    await world.close();
  },
  3_600_000,
);
