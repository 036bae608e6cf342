import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, vi } from 'vitest';
import type { ErizoEnvironment } from '../../../nodes/agent/erizo-process.ts';
import { Identity } from '../../../nodes/mesh/identity.ts';
import { systemClock } from '../../../protocol/clock.ts';
import type {
  AgentToController,
  ControllerToAgent,
} from '../../../protocol/contracts/controller-agent.ts';
import {
  agentToController,
  controllerToAgent,
} from '../../../protocol/contracts/controller-agent.ts';
import type {
  ControllerToErizo,
  ErizoToController,
} from '../../../protocol/contracts/controller-erizo.ts';
import {
  controllerToErizo,
  erizoToController,
} from '../../../protocol/contracts/controller-erizo.ts';
import { RpcPeer } from '../../../protocol/rpc-peer.ts';
import { evidenceDir } from '../../support/evidence.ts';
import { place } from '../../support/place.ts';
import { testSockets } from '../../support/zmq.ts';

/** The address of the nodes of this file; regions of a local system have the lower hosts of the place. */
export const ip = place.ip(200);

export const roomId = '0123456789abcdef01234567';

export function erizoEnvironment(runId: string): ErizoEnvironment {
  return {
    nodeId: 'test-1',
    region: 'test',
    ip,
    announcedIp: undefined,
    clientIp: undefined,
    mediaPortMin: 41_000,
    mediaPortMax: 41_999,
    logLevel: 'warn',
    runId,
    recordingDir: undefined,
    externalInput: undefined,
    socketDir: undefined,
    workerBin: process.env.MEDIASOUP_WORKER_BIN,
    logDir: evidenceDir(),
  };
}

/** Where the nodes of a test keep their keys: those with which the test itself speaks. */
const stateDir = mkdtempSync(join(tmpdir(), 'rizoma-state-'));
afterAll(() => rmSync(stateDir, { recursive: true }));
const { keys } = await Identity.create({ log: pino({ level: 'silent' }) }, { stateDir });

/** The sockets of another process of the node. */
export const sockets = await testSockets(
  {},
  { nodeId: 'test-1', region: 'test', own: keys.curve, localDir: join(stateDir, 'ipc') },
);

/** Open TCP connections to that endpoint of the node, by what proc(5) says of them. */
export function tcpLinksTo(endpoint: string): number {
  const { hostname, port } = new URL(endpoint);
  // The kernel writes the address as a word of the machine, which is little-endian here.
  const bytes = hostname.split('.').toReversed();
  const hex = (number: number, digits: number): string =>
    number.toString(16).toUpperCase().padStart(digits, '0');
  const local = `${bytes.map((byte) => hex(Number(byte), 2)).join('')}:${hex(Number(port), 4)}`;
  // A line: number, local address, remote address, state, of which 01 is an open connection.
  const isLink = new RegExp(`^ *\\d+: ${local} [0-9A-F]+:[0-9A-F]+ 01 `);
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .filter((line) => isLink.test(line)).length;
}

/** The controller's end of an agent's link, and what it was told of exits. */
export class TestController {
  readonly peer: RpcPeer<ControllerToAgent, AgentToController>;
  readonly exited: string[] = [];

  constructor(endpoint: string, zmq = sockets.zmq) {
    const hello = JSON.stringify({ kind: 'controller', id: 'test' });
    this.peer = RpcPeer.create(
      {
        link: zmq.dial({ to: { nodeId: 'test-1', endpoint }, hello, name: 'agent' }),
        clock: systemClock,
        handlers: { erizoExited: ({ erizoId }) => void this.exited.push(erizoId) },
      },
      { outgoing: controllerToAgent, incoming: agentToController },
    );
  }

  list() {
    return this.peer.call('getErizoAgents', {});
  }

  take(except: string[] = []) {
    return this.peer.call('createErizoJS', { roomId, except });
  }

  /** The agent's processes, once there are as many. */
  settled(count: number) {
    return vi.waitFor(
      async () => {
        const { erizos } = await this.list();
        if (erizos.length !== count) {
          throw new Error(`there are ${erizos.length} processes, not ${count}`);
        }
        return erizos;
      },
      { timeout: 20_000, interval: 100 },
    );
  }

  /** Returns once the agent told that the process is no more. */
  async toldOf(erizoId: string): Promise<void> {
    await vi.waitUntil(() => this.exited.includes(erizoId), { timeout: 10_000 });
  }
}

/** A controller's link to an ErizoJS process. */
export function dialErizo(endpoint: string): RpcPeer<ControllerToErizo, ErizoToController> {
  const hello = JSON.stringify({ kind: 'controller', id: 'test' });
  return RpcPeer.create(
    {
      link: sockets.zmq.dial({ to: { nodeId: 'test-1', endpoint }, hello, name: 'erizo' }),
      clock: systemClock,
      handlers: {
        connectionMessage: () => undefined,
        streamFailed: () => undefined,
        recordingEnded: () => undefined,
        layersWanted: () => undefined,
        videosShown: () => undefined,
        load: () => undefined,
        activeSpeaker: () => undefined,
        audioLevels: () => undefined,
        bandwidthAlert: () => undefined,
        qualityLevel: () => undefined,
        inputEnded: () => undefined,
      },
    },
    { outgoing: controllerToErizo, incoming: erizoToController },
  );
}

/** The processes that carry the run's id: ErizoJS processes and their workers. */
export function processesOf(runId: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && carries(name, runId))
    .map(Number);
}

function carries(pid: string, runId: string): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return environment.includes(`RIZOMA_RUN_ID=${runId}`);
  } catch {
    return false;
  }
}

/** Kills what a failed test left, and only that. */
export function sweep(runId: string): void {
  for (const pid of processesOf(runId)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Below the ports that Linux gives to outgoing connections; nothing else of the machine listens on this address. */
let lastPort = 10_000;

/** A port that nothing has listened on yet in this file. */
export function newPort(): number {
  lastPort += 1;
  return lastPort;
}

/** Returns once the node answers at all; its agent listens by then. */
export async function isUp(node: NodeProcess): Promise<void> {
  await vi.waitFor(() => fetch(`${node.httpUrl}/healthz`), { timeout: 20_000, interval: 100 });
}

export interface NodeProcess {
  child: ChildProcess;
  httpUrl: string;
  rpcEndpoint: string;
  output(): string;
  /** The exit code or the signal that ended it. */
  exit: Promise<number | string | null>;
}

/** A node as it runs in earnest: `nodes/main.ts` in a process of its own. */
export async function startNode(
  runId: string,
  environment: Record<string, string>,
): Promise<NodeProcess> {
  const httpPort = environment.RIZOMA_HTTP_PORT ?? String(newPort());
  const rpcPort = environment.RIZOMA_RPC_PORT ?? String(newPort());
  const entry = fileURLToPath(new URL('../../../nodes/main.ts', import.meta.url));
  const child = spawn(process.execPath, [entry], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      // The mark of the run, by which what is left behind is found.
      RIZOMA_TEST_ID: process.env.RIZOMA_TEST_ID,
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      MEDIASOUP_WORKER_BIN: process.env.MEDIASOUP_WORKER_BIN,
      // A node and its ErizoJS processes start in half the time.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      RIZOMA_NODE_ID: 'test-1',
      RIZOMA_REGION: 'test',
      RIZOMA_LAT: '0',
      RIZOMA_LON: '0',
      RIZOMA_IP: ip,
      RIZOMA_PUBLIC_HOST: `${ip}:${httpPort}`,
      RIZOMA_HTTP_PORT: httpPort,
      RIZOMA_RPC_PORT: rpcPort,
      RIZOMA_EDGE_URL: 'http://127.0.0.1:1',
      RIZOMA_ENROL_SECRET: 'secret',
      RIZOMA_MAX_PROCESSES: '3',
      RIZOMA_MEDIA_PORT_MIN: '41000',
      RIZOMA_MEDIA_PORT_MAX: '41999',
      RIZOMA_RUN_ID: runId,
      RIZOMA_STATE_DIR: stateDir,
      ...environment,
    },
  });
  let output = '';
  const log = join(evidenceDir(), `node-${httpPort}.log`);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      appendFileSync(log, text);
    });
  }
  return {
    child,
    httpUrl: `http://${ip}:${httpPort}`,
    rpcEndpoint: `tcp://${ip}:${rpcPort}`,
    output: () => output,
    exit: new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal))),
  };
}
