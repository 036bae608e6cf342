import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newHexId, newUuid } from '../../../protocol/ids.ts';
import { LicodeClient } from '../../fakes/licode-client.ts';
import { TestEdge, enrolSecret } from '../../unit/mesh/test-edge.ts';
import type { NodeProcess } from '../agent/kit.ts';
import { processesOf, startNode, sweep } from '../agent/kit.ts';

const roomId = newHexId();
let runId: string;
let edge: TestEdge;
let node: NodeProcess;
const clients: LicodeClient[] = [];

async function start(environment: Record<string, string> = {}): Promise<void> {
  node = await startNode(runId, {
    RIZOMA_EDGE_URL: edge.url,
    RIZOMA_ENROL_SECRET: enrolSecret,
    ...environment,
  });
  await vi.waitFor(async () => expect((await page('readyz')).status).toBe(200), {
    timeout: 20_000,
    interval: 100,
  });
}

async function page(name: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${node.httpUrl}/${name}`);
  return { status: response.status, body: await response.json() };
}

const isDraining = (): Promise<void> =>
  vi.waitFor(async () => expect(await page('readyz')).toMatchObject({ status: 503 }), {
    timeout: 10_000,
    interval: 20,
  });

async function join(): Promise<LicodeClient> {
  const client = await LicodeClient.join(node.httpUrl, await edge.ticket(roomId));
  clients.push(client);
  return client;
}

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

describe('a node that is told to end', () => {
  it('keeps its clients and takes no others, and goes with a goodbye when the last has left', async () => {
    await start();
    const ann = await join();
    node.child.kill('SIGTERM');
    await isDraining();
    expect(await page('readyz')).toMatchObject({ body: { status: 'draining', clients: 1 } });
    expect(await page('healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    await vi.waitUntil(() => edge.loads.some(({ draining }) => draining === true), 20_000);
    expect(await LicodeClient.refused(node.httpUrl, await edge.ticket(roomId))).toContain(
      'draining',
    );
    // A client that loses its socket may come back, as before.
    ann.cut({ comeBack: true });
    await vi.waitUntil(() => ann.socket.connected, 20_000);
    expect(await edge.peer.call('node.drain', { drain: false })).toMatchObject({ draining: true });
    expect(edge.count('node.killMe')).toBe(0);
    void ann.ask('clientDisconnection', {});
    expect(await node.exit).toBe(0);
    expect(edge.count('node.killMe')).toBe(1);
    expect(processesOf(runId)).toEqual([]);
  });

  it('goes when its time is over, and its clients are told', async () => {
    await start({ RIZOMA_DRAIN_S: '1' });
    const ann = await join();
    const ended = ann.next('disconnect');
    node.child.kill('SIGTERM');
    expect(await ended).toBe('io server disconnect');
    expect(await node.exit).toBe(0);
    expect(edge.count('node.killMe')).toBe(1);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('by %s after SIGTERM goes at once', async (signal) => {
    await start();
    const ann = await join();
    const ended = ann.next('disconnect');
    node.child.kill('SIGTERM');
    await isDraining();
    node.child.kill(signal);
    await ended;
    expect(await node.exit).toBe(0);
    expect(edge.count('node.killMe')).toBe(1);
    expect(processesOf(runId)).toEqual([]);
  });

  it('by the edge takes clients again when that is undone, and ends when it is empty', async () => {
    await start();
    expect(await edge.peer.call('node.drain', { drain: true })).toMatchObject({ draining: true });
    expect(await edge.peer.call('node.drain', { drain: false })).not.toHaveProperty('draining');
    expect(await page('readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    const ann = await join();
    await edge.peer.call('node.drain', { drain: true });
    void ann.ask('clientDisconnection', {});
    expect(await node.exit).toBe(0);
  });
});
