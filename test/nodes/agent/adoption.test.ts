import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newUuid } from '../../../protocol/ids.ts';
import type { NodeProcess } from './kit.ts';
import {
  TestController,
  dialErizo,
  newPort,
  isUp,
  processesOf,
  startNode,
  sweep,
  tcpLinksTo,
} from './kit.ts';

let runId: string;

beforeEach(() => {
  runId = newUuid();
});

afterEach(() => sweep(runId));

async function startAgent(rpcPort: number): Promise<NodeProcess> {
  const node = await startNode(runId, {
    RIZOMA_ROLES: 'agent',
    RIZOMA_RPC_PORT: String(rpcPort),
  });
  await isUp(node);
  return node;
}

/** A client that has a connection in advance: the process is not idle as long as it does. */
async function occupy(endpoint: string): Promise<() => Promise<void>> {
  const erizo = dialErizo(endpoint);
  const clientId = newUuid();
  await erizo.call('prepareSubscriber', { clientId, plan: 'dual' });
  return async () => {
    // The process may be gone by now.
    await Promise.allSettled([erizo.call('removeClient', { clientId })]);
    erizo.close();
  };
}

/** Media workers see for themselves that the process above them is gone. */
async function noneLeft(): Promise<void> {
  await vi.waitFor(() => expect(processesOf(runId)).toEqual([]), 20_000);
}

describe('an agent that is killed', () => {
  it('leaves its ErizoJS processes alive, and its successor adopts them, watches and ends them', async () => {
    const rpcPort = newPort();
    const first = await startAgent(rpcPort);
    const before = new TestController(first.rpcEndpoint);
    const given = await before.take();
    const release = await occupy(given.endpoint);
    // One that only starts cannot be adopted: the agent that started it is the only one to know it.
    await before.settled(2);
    const pid = (await before.list()).erizos.find((row) => row.erizoId === given.erizoId)?.pid ?? 0;

    first.child.kill('SIGKILL');
    await first.exit;
    expect(processesOf(runId)).toContain(pid);

    const second = await startAgent(rpcPort);
    const after = new TestController(second.rpcEndpoint);
    const adopted = await vi.waitFor(
      async () => {
        const row = (await after.list()).erizos.find((one) => one.erizoId === given.erizoId);
        expect(row).toMatchObject({ pid, endpoint: given.endpoint, load: { clients: 1 } });
        return row;
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(adopted?.erizoId).toBe(given.erizoId);
    // Processes of a host have sockets that are none of the network's.
    expect([second.rpcEndpoint, given.endpoint].map(tcpLinksTo)).toEqual([0, 0]);

    process.kill(pid, 'SIGKILL');
    await after.toldOf(given.erizoId);
    await release();

    second.child.kill('SIGTERM');
    expect(await second.exit).toBe(0);
    await noneLeft();
  });

  it('is followed by one that ends what it adopted when it is closed in order', async () => {
    const rpcPort = newPort();
    const first = await startAgent(rpcPort);
    const before = new TestController(first.rpcEndpoint);
    const given = await before.take();
    const release = await occupy(given.endpoint);
    await before.settled(2);
    first.child.kill('SIGKILL');
    await first.exit;

    const second = await startAgent(rpcPort);
    const after = new TestController(second.rpcEndpoint);
    await vi.waitFor(
      async () => {
        const { erizos } = await after.list();
        expect(erizos.map((row) => row.erizoId)).toContain(given.erizoId);
      },
      { timeout: 20_000, interval: 100 },
    );
    second.child.kill('SIGTERM');
    await release();
    expect(await second.exit).toBe(0);
    await noneLeft();
  });
});
