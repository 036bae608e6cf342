import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import * as v from 'valibot';
import type { ZmqListener } from '../../../../nodes/link/zmq-listener.ts';
import type { Hop, Route } from '../../../../protocol/cascade-tree.ts';
import { systemClock } from '../../../../protocol/clock.ts';
import type { ParamsOf } from '../../../../protocol/contract.ts';
import { agentToErizo, erizoToAgent } from '../../../../protocol/contracts/controller-agent.ts';
import type {
  ClientSdpMessage,
  ConnectionPlan,
  SdpMessage,
  StreamConfig,
} from '../../../../protocol/contracts/controller-erizo.ts';
import type { ErizoCounters } from '../../../../protocol/contracts/erizo-counters.ts';
import { newStreamId, newUuid } from '../../../../protocol/ids.ts';
import { RpcPeer } from '../../../../protocol/rpc-peer.ts';
import { grantOf, roomId, trustOf } from './grants.ts';
import { codeOf } from './empty.ts';
import * as inPage from './page.ts';
import { keys, own, zmq } from './wires.ts';
import type { TestController } from './test-controller.ts';
import { until } from './until.ts';

export { until };
export { codeOf, empty, isEmpty } from './empty.ts';
export { TestController } from './test-controller.ts';

const clock = systemClock;
const root = resolve(import.meta.dirname, '../../../..');

type AgentPeer = RpcPeer<typeof agentToErizo, typeof erizoToAgent>;
type Registration = ParamsOf<typeof erizoToAgent, 'register'>;

/** The agent of the test: ErizoJS processes register with it. */
export class TestAgent {
  readonly listener: ZmqListener;
  readonly #arrivals = new Map<string, (arrival: { peer: AgentPeer } & Registration) => void>();

  private constructor(listener: ZmqListener) {
    this.listener = listener;
  }

  static async create(port = 0): Promise<TestAgent> {
    const holder: { agent?: TestAgent } = {};
    const listener = await zmq.listen({
      ip: '127.0.0.1',
      port,
      onLink: (link) => {
        const peer: AgentPeer = RpcPeer.create(
          {
            link,
            clock,
            handlers: {
              register: async (registration) => {
                peer.notify('members', { keys });
                holder.agent?.onRegister({ peer, ...registration });
                return null;
              },
              load: () => undefined,
            },
          },
          { outgoing: agentToErizo, incoming: erizoToAgent },
        );
      },
    });
    holder.agent = new TestAgent(listener);
    return holder.agent;
  }

  onRegister(arrival: { peer: AgentPeer } & Registration): void {
    this.#arrivals.get(arrival.erizoId)?.(arrival);
  }

  arrival(erizoId: string): Promise<{ peer: AgentPeer } & Registration> {
    return new Promise((done) => this.#arrivals.set(erizoId, done));
  }
}

/** An ErizoJS process. */
export class TestErizo {
  readonly hop: Hop;
  readonly child: ChildProcess;
  readonly exit: Promise<unknown>;
  readonly agentPeer: AgentPeer;

  private constructor(hop: Hop, child: ChildProcess, agentPeer: AgentPeer) {
    this.hop = hop;
    this.child = child;
    this.agentPeer = agentPeer;
    this.exit = once(child, 'exit');
  }

  static async create(
    agent: TestAgent,
    region: string,
    ip: string,
    env: Record<string, string> = {},
  ): Promise<TestErizo> {
    const erizoId = newUuid();
    const nodeId = `node-${region}`;
    const arrival = agent.arrival(erizoId);
    const child = spawn(process.execPath, [resolve(root, 'nodes/erizo/main.ts')], {
      env: {
        ...process.env,
        RIZOMA_ERIZO_ID: erizoId,
        RIZOMA_NODE_ID: nodeId,
        RIZOMA_REGION: region,
        RIZOMA_IP: ip,
        RIZOMA_AGENT_ENDPOINT: agent.listener.endpoint,
        RIZOMA_MEDIA_PORT_MIN: '42000',
        RIZOMA_MEDIA_PORT_MAX: '42999',
        RIZOMA_LOG_LEVEL: process.env['ERIZO_TEST_LOG'] ?? 'warn',
        ...env,
      },
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    child.stdin.end(JSON.stringify(own));
    const { peer, endpoint } = await arrival;
    peer.notify('trust', await trustOf({ nodeId, region }));
    // It has heard of it when it answers what was asked after that.
    await peer.call('counters', {});
    return new TestErizo({ erizoId, nodeId, region, endpoint }, child, peer);
  }

  counters(): Promise<ErizoCounters> {
    return this.agentPeer.call('counters', {});
  }

  /** The counters, as soon as they are as wanted; else the last ones, after some seconds. */
  async settled(wanted: (counters: ErizoCounters) => boolean, patience_ms = 20_000) {
    return until(() => this.counters(), wanted, patience_ms);
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await this.exit;
    }
  }
}

export const Played = v.object({ frames: v.number(), width: v.number(), audioPackets: v.number() });

/** A client in a page of a real browser, its signalling carried by the test. */
export class Participant {
  readonly clientId = newUuid();
  readonly page: Page;
  controller: TestController;
  readonly plan: ConnectionPlan;
  /** What becomes of its answers on their way. */
  spoil: (sdp: string) => string | Promise<string> = (sdp) => sdp;
  /** Says of the next offer that it could not take it. */
  refuseNext = false;
  /** Its controller is told who is heard. */
  hears: true | undefined;
  /** It wants the video of so many of those who spoke last, when it subscribes. */
  lastN: number | undefined;
  /** It goes by what its controller is told of the layers that are wanted. */
  follows: true | undefined;
  lastConnectionId = '';
  publishConnectionId = '';
  /** The MediaStream ids under which streams come, by the labels of their publishers. */
  readonly #msids = new Map<string, string>();

  private constructor(page: Page, controller: TestController, plan: ConnectionPlan) {
    this.page = page;
    this.controller = controller;
    this.plan = plan;
    controller.participants.set(this.clientId, this);
  }

  static async create(
    browser: Browser,
    controller: TestController,
    plan: ConnectionPlan = 'dual',
  ): Promise<Participant> {
    const page = await browser.newPage();
    // Cameras are for secure origins alone, and localhost is one.
    await page.route('http://localhost/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>test</title>' }),
    );
    await page.goto('http://localhost/');
    await page.evaluate(inPage.install);
    return new Participant(page, controller, plan);
  }

  /** Goes over to another link of its controller. */
  moveTo(controller: TestController): void {
    this.controller = controller;
    controller.participants.set(this.clientId, this);
  }

  /** Publishes camera and microphone; resolves when media flows. */
  async publish(options: { simulcast?: boolean; sdp?: (sdp: string) => string } = {}) {
    const streamId = newStreamId();
    const size = options.simulcast ? { width: 640, height: 360 } : { width: 320, height: 180 };
    const label = await this.page.evaluate(inPage.openCamera, size);
    const { clientId, plan, controller } = this;
    let offered: Promise<unknown> = Promise.resolve();
    const added = controller.peer.call(
      'addPublisher',
      {
        roomId,
        clientId,
        streamId,
        options: {
          ...{ audio: true, video: true, label, plan },
          ...{ hears: this.hears, follows: this.follows },
        },
      },
      {
        onPart: ({ connectionId }) => {
          this.publishConnectionId = connectionId;
          offered = this.#offer(connectionId, label, options);
          offered.catch(() => undefined);
        },
      },
    );
    const [result] = await Promise.allSettled([added]);
    const [sent] = await Promise.allSettled([offered]);
    if (result.status === 'rejected') {
      const codes = [result.reason, sent.status === 'rejected' ? sent.reason : undefined].map(
        codeOf,
      );
      throw codes[0] === codes[1] ? result.reason : new Error(`refused with ${codes.join(', ')}`);
    }
    return { streamId, label };
  }

  async #offer(
    connectionId: string,
    label: string,
    options: { simulcast?: boolean; sdp?: (sdp: string) => string },
  ): Promise<void> {
    const simulcast = options.simulcast ?? false;
    const sdp = await this.page.evaluate(inPage.offer, { connectionId, label, simulcast });
    await this.say(connectionId, { type: 'offer', sdp: options.sdp?.(sdp) ?? sdp });
  }

  /** Plays a stream; resolves when media can flow. */
  async subscribe(
    stream: { streamId: string; label: string },
    route: Route,
    grant?: string,
  ): Promise<void> {
    const { streamId, label } = stream;
    const { clientId, plan } = this;
    this.#msids.set(label, streamId);
    await this.controller.peer.call('addSubscriber', {
      roomId,
      clientId,
      streamId,
      route,
      grant: grant ?? (await grantOf()),
      options: { audio: true, video: true, plan, hears: this.hears, lastN: this.lastN },
    });
  }

  /** Changes something of a stream that it publishes or plays. */
  configure(streamId: string, config: StreamConfig): Promise<null> {
    const { clientId } = this;
    return this.controller.peer.call('processStreamMessage', { clientId, streamId, config });
  }

  unsubscribe(streamId: string): Promise<null> {
    const { clientId } = this;
    return this.controller.peer.call('removeSubscriber', { clientId, streamId });
  }

  async onMessage(connectionId: string, msg: SdpMessage): Promise<void> {
    this.lastConnectionId = connectionId;
    if (msg.type === 'answer') {
      await this.page.evaluate(inPage.takeAnswer, { connectionId, sdp: msg.sdp });
      return;
    }
    if (this.refuseNext) {
      this.refuseNext = false;
      await this.say(connectionId, { type: 'offer-error' });
      return;
    }
    const sdp = await this.page.evaluate(inPage.answer, { connectionId, sdp: msg.sdp });
    await this.say(connectionId, { type: 'answer', sdp: await this.spoil(sdp) });
  }

  /** Sends what it has to say of one of its connections. */
  say(connectionId: string, msg: ClientSdpMessage): Promise<null> {
    const { clientId } = this;
    return this.controller.peer.call('processConnectionMessage', { clientId, connectionId, msg });
  }

  /** Begins ICE anew on each of its connections; resolves when all offers were answered. */
  async restartIce(): Promise<void> {
    const restarts = await this.page.evaluate(inPage.restartIce);
    for (const { connectionId, sdp } of restarts) {
      await this.say(connectionId, { type: 'offer', sdp });
    }
    await this.page.waitForFunction(inPage.allStable);
  }

  /** Goes by what its controller was told of the layers of what it publishes. */
  async sendUpTo(spatial: number | null): Promise<void> {
    await this.page.evaluate(inPage.sendUpTo, spatial);
  }

  /** Bytes of video that it has sent so far, by the rid of the layer. */
  async sent(): Promise<Record<string, number>> {
    return v.parse(v.record(v.string(), v.number()), await this.page.evaluate(inPage.sent));
  }

  /** What it has played of a stream so far. */
  async played(label: string): Promise<v.InferOutput<typeof Played>> {
    return v.parse(
      Played,
      await this.page.evaluate(inPage.played, this.#msids.get(label) ?? label),
    );
  }

  /** Waits until it has played so many frames of the stream more. */
  async plays(label: string, frames = 15, patience_ms = 20_000) {
    const before = await this.played(label);
    return until(
      () => this.played(label),
      (now) => now.frames >= before.frames + frames && now.audioPackets > before.audioPackets,
      patience_ms,
    );
  }
}
