import * as fc from 'fast-check';
import * as v from 'valibot';
import { expect, vi } from 'vitest';
import { httpApi } from '../../../protocol/contracts/http-api/index.ts';
import { JoinAnswer, RoomAnswer, ServiceAnswer } from '../../../protocol/contracts/rest.ts';
import type { HttpRoute } from '../../../protocol/http-contract.ts';
import { routesOf } from '../../../protocol/http-contract.ts';
import { clock, postJson, request } from '../support.ts';
import type { Plan } from './requests.ts';
import { plans, wrongs } from './requests.ts';
import { objection } from './verdict.ts';
import { World } from './world.ts';

/** Among so many requests each route succeeds at least once; a few need a token or a ticket that was never used. */
const enoughForAll = 25_000;

/** Requests that are under way at a time. */
const atOnce = 50;

export interface FuzzOptions {
  /** How many requests are sent. */
  readonly requests: number;
  /** The same seed sends the same requests again. */
  readonly seed: number;
  /** Most are for these routes, some for each of the others. */
  readonly isFocus: (route: HttpRoute) => boolean;
}

/**
 * Sends requests of all kinds and throws where one is answered in other words than the contract has, is
 * taken though it was not signed rightly, makes the edge log a fault, or costs anybody what was theirs.
 */
export async function fuzz({ requests, seed, isFocus }: FuzzOptions): Promise<void> {
  for (const level of ['log', 'warn'] as const) {
    vi.spyOn(console, level).mockImplementation(() => undefined);
  }
  const faults = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const world = await World.create();
  const succeeded = new Set<string>();
  let sent = 0;
  const batches = fc.array(plans(isFocus), { minLength: atOnce, maxLength: atOnce });
  const property = fc.asyncProperty(batches, async (batch) => {
    clock.pass(20);
    await world.keepAlive();
    const complaints = await Promise.all(
      batch.map(async (plan) => {
        const outcome = await world.send(plan);
        const { route, response } = outcome?.answered ?? {};
        sent += outcome === undefined ? 0 : 1;
        if (route !== undefined && response !== undefined && response.status < 400) {
          succeeded.add(nameOf(route));
        }
        return outcome && complaintOf(plan, outcome);
      }),
    );
    const faulty = faults.mock.calls.map((call) => call.join(' '));
    throwIfAny([...complaints.filter((one) => one !== undefined), ...faulty]);
  });
  // Some are such that no client can send them, and are not counted.
  for (let round = 0; sent < requests; round += 1) {
    const numRuns = Math.ceil((requests - sent) / atOnce);
    const options = { numRuns, seed: seed + round, endOnFailure: true };
    throwIfFailed(await fc.check(property, options));
  }
  await expectAllThere(world);
  expect(faults.mock.calls).toEqual([]);
  // A fuzz in which nothing ever works shows nothing.
  const focus = routesOf(httpApi)
    .filter((route) => isFocus(route) && !isBeyond(route))
    .map(nameOf);
  const failed = focus.filter((name) => !succeeded.has(name));
  expect(failed, `of ${focus.length} routes these never succeeded: ${failed.join(', ')}`).toSatisfy(
    () => failed.length <= (requests < enoughForAll ? focus.length / 2 : 0),
  );
}

type Outcome = NonNullable<Awaited<ReturnType<World['send']>>>;

/** What a request and its answer have to say, where something is wrong with them. */
function complaintOf(plan: Plan, { request: sent, answered }: Outcome): string | undefined {
  const { route, response, text } = answered;
  const isSigned = route?.row.caller === 'service' || route?.row.caller === 'superservice';
  const isForged = isSigned && response.ok && wrongs.some((how) => how === plan.signer.how);
  const why = isForged ? 'it was not signed rightly' : objection(answered);
  const what = `${sent.method} ${sent.url} ${plan.signer.who} ${plan.signer.how}`;
  return why && `${what}: ${response.status} ${text.slice(0, 300)}: ${why}`;
}

/** Nodes alone have keys to prove who they are, and events die after a day. */
function isBeyond({ row, path }: HttpRoute): boolean {
  return row.caller === 'node' || path === '/webhook/dead/:event/retry';
}

function nameOf({ method, path }: HttpRoute): string {
  return `${method} ${path}`;
}

function throwIfAny(complaints: string[]): void {
  if (complaints.length > 0) {
    throw new Error(complaints.join('\n'));
  }
}

/** With what it takes to send the same again, and without the requests, which hold whole schemas. */
function throwIfFailed(details: fc.RunDetails<[Plan[]]>): void {
  const { failed, seed, counterexamplePath, errorInstance } = details;
  if (failed) {
    const what = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
    throw new Error(`with seed ${seed} and path ${counterexamplePath}:\n${what}`);
  }
}

/** What was there before is there, and what was made since unless it was rightly deleted. */
async function expectAllThere(world: World): Promise<void> {
  for (const service of Object.values(world.services)) {
    const signer = { serviceid: service.id, key: service.key };
    const response = await request('GET', '/rooms', undefined, signer);
    const list = v.parse(v.array(RoomAnswer), await response.json());
    const ids = new Set(list.map(({ _id }) => _id));
    expect([...service.rooms].filter((id) => !ids.has(id))).toEqual([]);
    // The demo makes rooms of the superservice without telling their ids.
    if (service !== world.services.super) {
      expect(ids).toEqual(service.rooms);
    }
    for (const room of list) {
      const read = await request('GET', `/rooms/${room._id}`, undefined, signer);
      expect(await read.json()).toEqual(room);
    }
  }
  const response = await request('GET', '/services');
  const services = v.parse(v.array(ServiceAnswer), await response.json());
  const kept = Object.values(world.services).map(({ id }) => id);
  expect(new Set(services.map(({ _id }) => _id))).toEqual(new Set([...kept, ...world.made]));
  const vault = services.find(({ _id }) => _id === world.services.vault.id);
  expect(vault?.rooms).toEqual(world.vaultRooms);
  const joined = await postJson('/join', { token: world.unusedToken });
  expect(v.parse(JoinAnswer, await joined.json()).controllers).toHaveLength(world.nodes.length);
}
