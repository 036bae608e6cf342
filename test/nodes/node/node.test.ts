import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newUuid } from '../../../protocol/ids.ts';
import { TestEdge, enrolSecret } from '../../unit/mesh/test-edge.ts';
import { dateSteps, setDate, settableDate } from '../../support/set-date.ts';
import { newPort, ip, processesOf, startNode, sweep } from '../agent/kit.ts';

let runId: string;
let edge: TestEdge;
let folder: string;

beforeEach(async () => {
  runId = newUuid();
  edge = await TestEdge.create();
  folder = await mkdtemp(join(tmpdir(), 'rizoma-node-'));
});

afterEach(async () => {
  sweep(runId);
  await edge.close();
  await rm(folder, { recursive: true });
});

async function health(httpUrl: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${httpUrl}/healthz`);
  return { status: response.status, body: await response.json() };
}

async function untilHealth(httpUrl: string, expected: object): Promise<void> {
  await vi.waitFor(async () => expect(await health(httpUrl)).toMatchObject(expected), {
    timeout: 20_000,
    interval: 100,
  });
}

describe('a node', () => {
  it('is healthy once registered and with its processes ready, stays so while the edge is away, and leaves nothing when it is stopped', async () => {
    const { port } = edge;
    await edge.close();
    const node = await startNode(runId, {
      RIZOMA_EDGE_URL: `http://127.0.0.1:${port}`,
      RIZOMA_ENROL_SECRET: enrolSecret,
      RIZOMA_LOG_DIR: folder,
    });
    await untilHealth(node.httpUrl, {
      status: 503,
      body: { status: 'starting', edge: 'away', erizos: 1, missing: ['edge'] },
    });

    edge = await TestEdge.create(port);
    expect(await edge.asked('node.register')).toMatchObject({
      card: {
        nodeId: 'test-1',
        region: 'test',
        host: node.httpUrl.slice('http://'.length),
        agent: node.rpcEndpoint,
        secure: false,
      },
      load: { rooms: 0, clients: 0, state: 'available' },
    });
    await untilHealth(node.httpUrl, {
      status: 200,
      body: { status: 'ok', nodeId: 'test-1', region: 'test', edge: 'linked', erizos: 1 },
    });

    const metrics = await (await fetch(`${node.httpUrl}/metrics`)).text();
    expect(metrics).toMatch(/^rizoma_webrtc_transports\{erizo="[0-9a-f-]{36}"\} 0$/m);
    expect(metrics).toContain('rizoma_erizo_processes{state="idle"} 1\n');
    expect(metrics).toContain('rizoma_edge_linked 1\n');
    expect(metrics).toContain('nodejs_eventloop_lag_seconds');
    expect(metrics).toMatch(
      /^rizoma_event_loop_delay_seconds\{quantile="0.99",erizo="[0-9a-f-]{36}"\} \S+$/m,
    );
    expect(metrics).toContain(
      'rizoma_rpc_duration_seconds_count{to="edge",method="node.register"} 1\n',
    );
    expect((await fetch(`${node.httpUrl}/`)).status).toBe(404);
    expect((await fetch(`${node.httpUrl}/metrics`, { method: 'POST' })).status).toBe(404);

    edge.cut();
    await edge.asked('node.register', 2);
    expect((await health(node.httpUrl)).status).toBe(200);

    const logs = await readdir(folder);
    expect(logs).toHaveLength(1);
    expect(await readFile(join(folder, logs[0] ?? ''), 'utf8')).not.toBe('');

    node.child.kill('SIGTERM');
    expect(await node.exit).toBe(0);
    expect(processesOf(runId)).toEqual([]);
    expect(node.output()).not.toContain(enrolSecret);
  });

  it('keeps its link, its processes and its health when its date is set, either way', async () => {
    const node = await startNode(runId, {
      RIZOMA_EDGE_URL: edge.url,
      RIZOMA_ENROL_SECRET: enrolSecret,
      ...settableDate,
    });
    await untilHealth(node.httpUrl, { status: 200 });
    const pids = processesOf(runId);
    for (let step = 0; step < dateSteps; step += 1) {
      setDate([node.child.pid ?? 0]);
      // One a second: within three each of its links has been looked at whether it is silent.
      await edge.asked('node.keepAlive', edge.count('node.keepAlive') + 4);
      expect((await health(node.httpUrl)).status).toBe(200);
    }
    expect(processesOf(runId)).toEqual(pids);
    expect(edge.count('node.register')).toBe(1);
    expect(edge.count('(end)')).toBe(0);
  });

  it('shows the lines of its processes with their ids where there is no folder for them', async () => {
    const node = await startNode(runId, {
      RIZOMA_EDGE_URL: edge.url,
      RIZOMA_ENROL_SECRET: enrolSecret,
    });
    await untilHealth(node.httpUrl, { status: 200 });
    expect(node.output()).toMatch(/^\[[0-9a-f-]{36}\] \{.*\}$/m);
    node.child.kill('SIGINT');
    expect(await node.exit).toBe(0);
  });

  it('runs the controller alone, with no processes of its own', async () => {
    const node = await startNode(runId, {
      RIZOMA_ROLES: 'controller',
      RIZOMA_EDGE_URL: edge.url,
      RIZOMA_ENROL_SECRET: enrolSecret,
    });
    await untilHealth(node.httpUrl, { status: 200, body: { erizos: 0 } });
    expect(await edge.asked('node.register')).not.toHaveProperty('card.agent');
    const polling = await fetch(`${node.httpUrl}/socket.io/?EIO=4&transport=websocket`);
    // The controller's own refusal, not the node's 404.
    expect(polling.status).toBe(400);
    node.child.kill('SIGTERM');
    expect(await node.exit).toBe(0);
  });

  it('names what is missing in its environment, and what to set', async () => {
    const node = await startNode(runId, { RIZOMA_REGION: '' });
    expect(await node.exit).toBe(1);
    expect(node.output()).toBe(
      'RIZOMA_REGION is missing: set it to the region of this node, such as eu-west\n',
    );
  });

  it('names the port that is taken, and leaves nothing behind', async () => {
    const httpPort = String(newPort());
    const first = await startNode(runId, {
      RIZOMA_ROLES: 'controller',
      RIZOMA_HTTP_PORT: httpPort,
    });
    await untilHealth(first.httpUrl, { status: 503 });
    const second = await startNode(`${runId}-second`, { RIZOMA_HTTP_PORT: httpPort });
    expect(await second.exit).toBe(1);
    expect(second.output()).toContain(`cannot listen on ${ip}:${httpPort}`);
    expect(processesOf(`${runId}-second`)).toEqual([]);
  });
});
