import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Agent } from '../../../nodes/agent/agent.ts';
import type { ErizoEnvironment } from '../../../nodes/agent/erizo-process.ts';
import { systemClock } from '../../../protocol/clock.ts';
import { newUuid } from '../../../protocol/ids.ts';
import type { TestSockets } from '../../support/zmq.ts';
import { testSockets } from '../../support/zmq.ts';
import {
  TestController,
  dialErizo,
  erizoEnvironment,
  processesOf,
  roomId,
  sockets,
  sweep,
} from './kit.ts';

let runId: string;
let agent: Agent | undefined;

async function start(
  pool: { prerunProcesses: number; maxProcesses: number },
  environment: Partial<ErizoEnvironment> = {},
): Promise<TestController> {
  agent = await Agent.create(
    { ...sockets, clock: systemClock, log: pino({ level: 'silent' }) },
    { ...pool, rpcPort: 0, environment: { ...erizoEnvironment(runId), ...environment } },
  );
  return new TestController(agent.endpoint);
}

/** The sockets of another node, which the one under test is told of. */
async function neighbourOf(node: { nodeId: string; region: string }): Promise<TestSockets> {
  const neighbour = await testSockets({}, node);
  neighbour.keyring.replace([sockets.member]);
  sockets.keyring.replace([neighbour.member]);
  return neighbour;
}

beforeEach(() => {
  runId = newUuid();
});

afterEach(async () => {
  await agent?.close();
  agent = undefined;
  sweep(runId);
});

describe('an agent and its ErizoJS processes', () => {
  it('keeps as many ready as it is told, and leaves none behind when it closes', async () => {
    const controller = await start({ prerunProcesses: 2, maxProcesses: 3 });
    expect(agent?.ready).toBe(false);
    const erizos = await controller.settled(2);
    expect(agent?.ready).toBe(true);
    expect(await controller.list()).toMatchObject({ agentId: 'test-1', spare: 1 });
    expect(erizos[0]?.load).toMatchObject({ clients: 0, pipes: 0 });
    // Each is a process and its worker.
    expect(processesOf(runId)).toHaveLength(4);
    await agent?.close();
    expect(processesOf(runId)).toEqual([]);
  });

  it('keeps them from the rooms of other hosts while its own is to end', async () => {
    const controller = await start({ prerunProcesses: 1, maxProcesses: 1 });
    await controller.settled(1);
    agent?.drain(true);
    const neighbour = await neighbourOf({ nodeId: 'test-2', region: 'test' });
    const other = new TestController(agent?.endpoint ?? '', neighbour.zmq);
    await expect(other.take()).rejects.toMatchObject({ code: 'draining' });
    expect(await controller.take()).toMatchObject({ agentId: 'test-1' });
    agent?.drain(false);
    expect(await other.take()).toMatchObject({ agentId: 'test-1' });
    neighbour.close();
  });

  it('has nothing for controllers of other regions, and takes no process of another host for its own', async () => {
    await start({ prerunProcesses: 0, maxProcesses: 1 });
    const stranger = await neighbourOf({ nodeId: 'there-1', region: 'there' });
    const endpoint = agent?.endpoint ?? '';
    for (const kind of ['controller', 'erizo']) {
      const hello = JSON.stringify({ kind, id: newUuid() });
      const to = { nodeId: 'test-1', endpoint };
      const link = stranger.zmq.dial({ to, hello, name: 'stranger' });
      const ended = new Promise((resolve) => link.open({ frame: () => undefined, ended: resolve }));
      expect(await ended).toBe('peer_closed');
    }
    stranger.close();
  });

  it('gives an idle one, which answers, and starts another in its place', async () => {
    const controller = await start({ prerunProcesses: 1, maxProcesses: 2 });
    const [idle] = await controller.settled(1);
    const given = await controller.take();
    expect(given).toEqual({
      erizoId: idle?.erizoId,
      endpoint: idle?.endpoint,
      agentId: 'test-1',
    });
    const erizo = dialErizo(given.endpoint);
    expect(await erizo.call('keepAlive', {})).toBeNull();
    erizo.close();
    await controller.settled(2);
  });

  it('lets a controller wait for one that is starting', async () => {
    const controller = await start({ prerunProcesses: 1, maxProcesses: 2 });
    const given = await controller.take();
    const erizos = await controller.settled(2);
    expect(erizos.map((erizo) => erizo.erizoId)).toContain(given.erizoId);
  });

  it('refuses where all that there may be do not do', async () => {
    const controller = await start({ prerunProcesses: 0, maxProcesses: 1 });
    const { erizoId } = await controller.take();
    expect((await controller.take()).erizoId).toBe(erizoId);
    await expect(controller.take([erizoId])).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('replaces a process that was killed, and tells every controller', async () => {
    const controller = await start({ prerunProcesses: 1, maxProcesses: 2 });
    const another = new TestController(agent?.endpoint ?? '');
    await another.list();
    const [killed] = await controller.settled(1);
    process.kill(killed?.pid ?? 0, 'SIGKILL');
    await controller.toldOf(killed?.erizoId ?? '');
    await another.toldOf(killed?.erizoId ?? '');
    const [replaced] = await controller.settled(1);
    expect(replaced?.erizoId).not.toBe(killed?.erizoId);
    // The worker of the killed one went with it.
    await vi.waitUntil(() => processesOf(runId).length === 2, { timeout: 20_000 });
  });

  it('ends and replaces one that a controller says does not answer', async () => {
    const controller = await start({ prerunProcesses: 1, maxProcesses: 1 });
    const [stuck] = await controller.settled(1);
    const { erizoId = '', pid = 0 } = stuck ?? {};
    process.kill(pid, 'SIGSTOP');
    expect(await controller.peer.call('deleteErizoJS', { erizoId })).toBeNull();
    await controller.toldOf(erizoId);
    const [replaced] = await controller.settled(1);
    expect(replaced?.erizoId).not.toBe(erizoId);
    await expect(controller.peer.call('deleteErizoJS', { erizoId })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('ends a process for those to whom it was given, and for its own host', async () => {
    const controller = await start({ prerunProcesses: 1, maxProcesses: 1 });
    const [only] = await controller.settled(1);
    const { erizoId = '' } = only ?? {};
    const neighbour = await neighbourOf({ nodeId: 'test-2', region: 'test' });
    const other = new TestController(agent?.endpoint ?? '', neighbour.zmq);
    await expect(other.peer.call('deleteErizoJS', { erizoId })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect((await controller.list()).erizos).toHaveLength(1);
    expect((await other.take()).erizoId).toBe(erizoId);
    expect(await other.peer.call('deleteErizoJS', { erizoId })).toBeNull();
    await controller.toldOf(erizoId);
    neighbour.close();
  });

  it('ends what it has too many of once a room has let it go', async () => {
    const controller = await start({ prerunProcesses: 1, maxProcesses: 2 });
    await controller.settled(1);
    const { erizoId } = await controller.take();
    await controller.settled(2);
    await controller.toldOf(erizoId);
    expect(agent?.processes).toEqual({ starting: 0, idle: 1, used: 0, stopping: 0 });
    await vi.waitUntil(() => processesOf(runId).length === 2, { timeout: 20_000 });
  });

  it('reads what is open in each of them', async () => {
    const controller = await start({ prerunProcesses: 1, maxProcesses: 1 });
    const [erizo] = await controller.settled(1);
    const counters = await agent?.counters();
    expect([...(counters ?? [])]).toMatchObject([
      [erizo?.erizoId, { clients: 0, webRtcTransports: 0, pipeTransports: 0 }],
    ]);
  });

  it('says so where its processes die at their start, and does not start them in a loop', async () => {
    const controller = await start(
      { prerunProcesses: 1, maxProcesses: 1 },
      { workerBin: '/bin/false' },
    );
    // A caller in a hurry is told as soon as the wait for the next start is longer than its own.
    const hurried = { timeout_ms: 1_000 };
    await vi.waitFor(
      () =>
        expect(
          controller.peer.call('createErizoJS', { roomId, except: [] }, hurried),
        ).rejects.toMatchObject({ code: 'unavailable' }),
      { timeout: 30_000, interval: 100 },
    );
    expect(controller.exited.length).toBeLessThan(8);
    expect(agent?.ready).toBe(false);
  });

  it('refuses who does not say what they are, and goes on', async () => {
    const controller = await start({ prerunProcesses: 0, maxProcesses: 1 });
    for (const hello of ['', '{', '{"kind":"agent","id":"x"}', '{"kind":"cook","id":"x"}']) {
      const endpoint = agent?.endpoint ?? '';
      const to = { nodeId: 'test-1', endpoint };
      const link = sockets.zmq.dial({ to, hello, name: 'stranger' });
      const ended = new Promise((resolve) => link.open({ frame: () => undefined, ended: resolve }));
      expect(await ended).toBe('peer_closed');
    }
    expect(await controller.list()).toMatchObject({ erizos: [], spare: 1 });
  });

  it('names its port where it is taken', async () => {
    await start({ prerunProcesses: 0, maxProcesses: 1 });
    const rpcPort = Number(agent?.endpoint.split(':').at(-1));
    await expect(
      Agent.create(
        { ...sockets, clock: systemClock, log: pino({ level: 'silent' }) },
        {
          prerunProcesses: 0,
          maxProcesses: 1,
          rpcPort,
          environment: erizoEnvironment(runId),
        },
      ),
    ).rejects.toThrow(`:${rpcPort} (RIZOMA_IP, RIZOMA_RPC_PORT)`);
  });
});
