import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { newHexId, newUuid } from '../../../protocol/ids.ts';
import { newTicketKey } from '../../fakes/fake-edge.ts';
import { LicodeClient } from '../../fakes/licode-client.ts';
import { TestEdge, enrolSecret, privateKey } from '../../unit/mesh/test-edge.ts';
import { startNode, sweep } from '../agent/kit.ts';

const roomId = newHexId();
let runId: string;
let edge: TestEdge;
const clients: LicodeClient[] = [];

beforeEach(async () => {
  runId = newUuid();
  edge = await TestEdge.create();
});

afterEach(async () => {
  for (const client of clients.splice(0)) {
    client.socket.disconnect();
  }
  sweep(runId);
  await edge.close();
});

it('a node whose edge changes its key keeps its clients, and takes tickets that either key made', async () => {
  const node = await startNode(runId, {
    RIZOMA_EDGE_URL: edge.url,
    RIZOMA_ENROL_SECRET: enrolSecret,
  });
  await vi.waitFor(async () => expect((await fetch(`${node.httpUrl}/readyz`)).status).toBe(200), {
    timeout: 20_000,
    interval: 100,
  });
  const join = async (secret: string | undefined): Promise<LicodeClient> => {
    const client = await LicodeClient.join(node.httpUrl, await edge.ticket(roomId, secret));
    clients.push(client);
    return client;
  };
  const [before] = edge.secretsOf('test-1');
  const ann = await join(before);
  edge.keys = [await newTicketKey(), privateKey];
  edge.keepAliveAnswers = ['whoareyou'];
  await edge.asked('node.register', 2);
  await edge.asked('node.keepAlive', edge.count('node.keepAlive') + 1);
  const [current, previous] = edge.secretsOf('test-1');
  expect([previous === before, current === before]).toEqual([true, false]);
  const [bob, eve] = [await join(before), await join(current)];
  for (const client of [ann, bob, eve]) {
    expect(await client.ask('heartbeat', undefined)).toEqual([]);
  }
  expect(ann.left('disconnect')).toBe(0);
  edge.keys = edge.keys.slice(0, 1);
  edge.keepAliveAnswers = ['whoareyou'];
  await edge.asked('node.register', 3);
  await edge.asked('node.keepAlive', edge.count('node.keepAlive') + 1);
  expect(await LicodeClient.refused(node.httpUrl, await edge.ticket(roomId, before))).toContain(
    'ticket_forged',
  );
  expect(await ann.ask('heartbeat', undefined)).toEqual([]);
});
