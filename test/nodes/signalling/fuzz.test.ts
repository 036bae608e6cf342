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

async function run(world: SignallingWorld, inputs: number, seed: number): Promise<void> {
  const property = fc.asyncProperty(
    fc.array(plans, { minLength: atOnce, maxLength: atOnce }),
    async (batch) => {
      const outcomes = await Promise.all(batch.map((plan) => world.act(plan)));
      const wrong = outcomes.filter((one) => one !== undefined);
      if (wrong.length > 0) {
        throw new Error(wrong.join('\n'));
      }
      await world.exchange();
    },
  );
  const numRuns = Math.ceil(inputs / atOnce);
  const details = await fc.check(property, { numRuns, seed, endOnFailure: true });
  if (details.failed) {
    const { errorInstance: error, counterexamplePath: path } = details;
    throw new Error(`path ${path}: ${error instanceof Error ? error.stack : String(error)}`);
  }
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
