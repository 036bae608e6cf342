import { beforeAll, expect, it } from 'vitest';
import { Mesh, Node, Room, Service, Services } from '../../edge/worker.ts';
import { createRoom, createToken, postJson, request, startNode } from './support.ts';

const classes = [Mesh, Node, Room, Service, Services];

beforeAll(async () => {
  await startNode('eu-west');
  await startNode('us-east');
});

/** The calls of objects that a request costs, by class and method. */
async function callsOf(asked: () => Promise<Response>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const originals = classes.flatMap(({ name, prototype }) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(([method, { value }]) => method !== 'constructor' && typeof value === 'function')
      .map(([method, descriptor]) => ({ name, prototype, method, descriptor })),
  );
  for (const { name, prototype, method, descriptor } of originals) {
    const value = function (this: unknown, ...args: unknown[]): unknown {
      counts[`${name}.${method}`] = 1 + (counts[`${name}.${method}`] ?? 0);
      return Reflect.apply(descriptor.value, this, args);
    };
    Object.defineProperty(prototype, method, { ...descriptor, value });
  }
  try {
    expect((await asked()).status).toBe(200);
  } finally {
    for (const { prototype, method, descriptor } of originals) {
      Object.defineProperty(prototype, method, descriptor);
    }
  }
  return counts;
}

it('a signed request costs a call of the service, and one of the room where it is about more than is known', async () => {
  const { _id } = await createRoom('counted');
  await createToken(_id);
  const path = `/rooms/${_id}`;
  expect(await callsOf(() => request('GET', path))).toEqual({ 'Service.authenticate': 1 });
  expect(await callsOf(() => createToken(_id))).toEqual({
    'Service.authenticate': 1,
    'Room.issueToken': 1,
  });
  expect(await callsOf(() => request('PATCH', path, { options: { p2p: true } }))).toEqual({
    'Service.authenticate': 1,
    'Service.changeRoom': 1,
    'Room.change': 1,
  });
});

it('a join costs a call of the room alone', async () => {
  const { _id } = await createRoom('joined');
  const token = await (await createToken(_id)).text();
  expect(await callsOf(() => postJson('/join', { token }))).toEqual({ 'Room.admit': 1 });
});
