import type { Server } from 'node:http';
import { availableParallelism } from 'node:os';
import { Registry } from 'prom-client';
import packageJson from '../package.json' with { type: 'json' };
import type { Clock } from '../protocol/clock.ts';
import { systemClock } from '../protocol/clock.ts';
import type { NodeCard, NodeLoad } from '../protocol/contracts/node-edge.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { newUuid } from '../protocol/ids.ts';
import type { TicketPublicKey } from '../protocol/ticket.ts';
import { Agent } from './agent/agent.ts';
import type { Config } from './config.ts';
import { Controller } from './controller/controller.ts';
import { Neighbours } from './controller/neighbours.ts';
import type { HealthPage } from './http.ts';
import { closeServer, createHttpServer, listen } from './http.ts';
import type { Log } from './log.ts';
import { Drain } from './drain.ts';
import { Keyring } from './link/keyring.ts';
import { ZmqSockets } from './link/zmq-sockets.ts';
import { EdgeLink } from './mesh/edge-link.ts';
import { Identity } from './mesh/identity.ts';
import { Mesh } from './mesh/mesh.ts';
import type { MetricsSource } from './metrics.ts';
import { Metrics } from './metrics.ts';
import { NodeMeasures } from './node-measures.ts';
import { nodeLoad } from './node-load.ts';
import { TrustedProxies } from './trusted-proxies.ts';

export interface NodeComponents {
  log: Log;
  clock?: Clock;
}

const noController = { rooms: 0, clients: 0, streams: 0, subscriptions: 0 };
/** How the processes of this node speak with others, and with whom. */
interface Wires {
  keyring: Keyring;
  zmq: ZmqSockets;
}

/** One host of a region: the roles that it was given, its way to the edge and its HTTP server. */
export class Node {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #config: Config;
  readonly #server: Server;
  readonly #metrics: Metrics;
  readonly #measures: NodeMeasures;
  /** What is closed when the node closes, last made first. */
  readonly #parts = new AsyncDisposableStack();
  readonly #drain: Drain;
  readonly #drained = Promise.withResolvers<void>();
  #agent: Agent | undefined;
  #edge: EdgeLink | undefined;
  #controller: Controller | undefined;
  #mesh: Mesh | undefined;
  /** Once ready a node stays so: what it carries does not end when the edge is away. */
  #wasLinked = false;
  #hadErizos = false;
  #closed: Promise<void> | undefined;

  constructor(components: NodeComponents, config: Config) {
    this.#log = components.log;
    this.#clock = components.clock ?? systemClock;
    this.#config = config;
    const { nodeId, region } = config;
    const { version } = packageJson;
    const measured = new Registry();
    this.#measures = new NodeMeasures({ registry: measured });
    const source = this.#metricsSource();
    this.#metrics = new Metrics({ source, measured }, { nodeId, region, version });
    const pages = {
      health: () => this.#health(),
      readiness: () => this.#readiness(),
      metrics: this.#metrics,
      metricsToken: config.metricsToken,
    };
    const { drain_ms, trustedProxies = new TrustedProxies([]) } = config;
    this.#server = createHttpServer(
      { clock: this.#clock, log: this.#log, pages },
      { trustedProxies },
    );
    this.#drain = new Drain(
      { clock: this.#clock, log: this.#log, clients: () => this.#clients() },
      {
        drain_ms,
        onChange: (draining) => this.#onDrain(draining),
        onMove: (within_ms) => this.#controller?.move(within_ms),
        onDone: () => this.#drained.resolve(),
      },
    );
  }

  /** Brings up all parts; rejects, with nothing left behind, where one of them cannot. */
  static async create(components: NodeComponents, config: Config): Promise<Node> {
    const node = new Node(components, config);
    try {
      await node.#open();
    } catch (thrown) {
      await node.close();
      throw thrown;
    }
    return node;
  }

  /** Resolves when the node drained, on its host's word or on the edge's, and nobody is left here. */
  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  /** Counts an error that nothing caught. */
  uncaughtError(): void {
    this.#measures.uncaughtError();
  }

  /** Nobody would lose something now. */
  get isIdle(): boolean {
    return this.#clients() === 0;
  }

  /** Takes no new clients from now on; who asked waits for `drained` and then closes the node. */
  drain(): void {
    this.#drain.begin('host');
  }

  /** Clients first, then the way to the edge, then the ErizoJS processes. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#parts.disposeAsync();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #open(): Promise<void> {
    const { ip, httpPort } = this.#config;
    this.#parts.defer(() => this.#log.info('node closed'));
    const { stateDir } = this.#config;
    const identity = await Identity.create({ log: this.#log }, { stateDir });
    this.#metrics.start();
    const wires = await this.#createWires(identity);
    if (this.#config.roles.includes('agent')) {
      this.#agent = this.#parts.use(await this.#createAgent(wires));
    }
    await listen(this.#server, { ip, port: httpPort });
    this.#parts.defer(() => closeServer(this.#server));
    // Last, as from the moment that the edge knows the node it sends clients here.
    await this.#enrol(identity, wires);
    this.#parts.defer(() => this.#drain.close());
    this.#log.info({ ip, httpPort, roles: this.#config.roles }, 'node started');
  }

  async #createWires(identity: Identity): Promise<Wires> {
    const { nodeId, region, mediaIp, socketDir } = this.#config;
    const clock = this.#clock;
    const own = identity.keys.curve;
    const log = this.#log.child({ part: 'zmq' });
    const keyring = this.#parts.use(
      Keyring.create({ clock, log }, { nodeId, region, mediaIp, own }),
    );
    const zmq = this.#parts.use(
      await ZmqSockets.create(
        { clock, log, keyring },
        { localDir: socketDir, onRefused: () => this.#measures.strangerRefused() },
      ),
    );
    return { keyring, zmq };
  }

  #createAgent(wires: Wires): Promise<Agent> {
    const { rpcPort, prerunProcesses, maxProcesses, nodeId, region } = this.#config;
    const { consumersPerErizo } = this.#config;
    const { ip, announcedIp, clientIp } = this.#config;
    const {
      mediaPortMin,
      mediaPortMax,
      logLevel,
      logDir,
      runId,
      workerBin,
      recordingDir,
      externalInput,
      socketDir,
    } = this.#config;
    const media = { mediaPortMin, mediaPortMax, workerBin, recordingDir, externalInput, socketDir };
    const addresses = { ip, announcedIp, clientIp };
    const environment = { nodeId, region, ...addresses, logLevel, logDir, runId, ...media };
    return Agent.create(
      { ...wires, clock: this.#clock, log: this.#log.child({ part: 'agent' }) },
      {
        ...{ rpcPort, prerunProcesses, maxProcesses, consumersPerErizo, environment },
        onCall: this.#measures.calls.to('erizo'),
      },
    );
  }

  async #enrol(identity: Identity, { keyring, zmq }: Wires): Promise<void> {
    const { edgeUrl, enrolSecret, mediaIp, roles } = this.#config;
    const clock = this.#clock;
    const log = this.#log;
    const epoch = newUuid();
    const neighbours = roles.includes('controller') ? await this.#listen(epoch, zmq) : undefined;
    const mesh = await this.#createMesh(identity, keyring);
    const card = this.#card(epoch, { controller: neighbours?.endpoint, mesh: mesh.endpoint });
    const edge = this.#parts.use(
      EdgeLink.create(
        {
          ...{ clock, log: log.child({ part: 'edge-link' }), card, identity },
          load: () => this.#load(),
        },
        { url: edgeUrl, enrolSecret, mediaIp, onCall: this.#measures.calls.to('edge') },
      ),
    );
    this.#parts.defer(async () => {
      await Promise.all([edge.goodbye(), mesh.goodbye()]);
    });
    this.#edge = edge;
    this.#mesh = mesh;
    edge.listen({
      linked: () => {
        this.#wasLinked = true;
      },
      drain: (wish) => (wish ? this.#drain.begin('edge') : this.#drain.undo()),
    });
    const trust = (keys: readonly TicketPublicKey[], certificate: string): void =>
      this.#agent?.trust({ keys: [...keys], certificate });
    const members = mesh.join({ card, edge, trust, load: () => this.#load() });
    if (neighbours !== undefined) {
      const { nodeId, region, maxErizosPerRoom, clientsPerErizo } = this.#config;
      const { consumersPerErizo, cpuPerErizo } = this.#config;
      const spread = { maxErizosPerRoom, clientsPerErizo, consumersPerErizo, cpuPerErizo };
      const { handshakes_perSecond, trustedProxies } = this.#config;
      const door = { handshakes_perSecond, trustedProxies };
      this.#controller = await Controller.create(
        {
          clock,
          log,
          edge,
          members,
          neighbours,
          zmq,
          server: this.#server,
          measures: this.#measures,
        },
        { nodeId, epoch, peerId: identity.peerId, region, ...spread, ...door },
      );
      this.#parts.use(this.#controller);
    }
  }

  async #createMesh(identity: Identity, keyring: Keyring): Promise<Mesh> {
    const clock = this.#clock;
    const refused = (code: ErrorCode): void => this.#measures.gossipRefused(code);
    return this.#parts.use(
      await Mesh.create({ clock, log: this.#log, identity, keyring, refused }, this.#config),
    );
  }

  /** Where the controllers of other nodes reach this one's. */
  async #listen(epoch: string, zmq: ZmqSockets): Promise<Neighbours> {
    const { ip, nodeId } = this.#config;
    const controllerId = `${nodeId}/${epoch}`;
    const components = { clock: this.#clock, log: this.#log, zmq };
    const onCall = this.#measures.calls.to('controller');
    return this.#parts.use(await Neighbours.create(components, { controllerId, ip, onCall }));
  }

  #card(epoch: string, listens: { controller: string | undefined; mesh: string }): NodeCard {
    const { nodeId, region, place, jurisdiction, secure, publicHost, roles } = this.#config;
    const host = roles.includes('controller') ? { host: publicHost } : {};
    const { controller, mesh } = listens;
    const reached = controller === undefined ? { mesh } : { controller, mesh };
    const agent = this.#agent === undefined ? {} : { agent: this.#agent.endpoint };
    const bound = jurisdiction === undefined ? {} : { jurisdiction };
    const { version } = packageJson;
    const self = { nodeId, epoch, region, place, secure, version };
    return { ...self, ...bound, ...host, ...reached, ...agent };
  }

  #load(): NodeLoad {
    const { rooms, clients } = this.#controller?.load() ?? { rooms: 0, clients: 0 };
    const { draining } = this.#drain;
    const cores = availableParallelism();
    const rtts_ms = this.#mesh?.rtts_ms;
    return nodeLoad({ rooms, clients, erizos: this.#agent?.load, cores, draining, rtts_ms });
  }

  /** Who would lose something now: clients of this controller, and those of others in processes here. */
  #clients(): number {
    const { clients } = this.#controller?.load() ?? { clients: 0 };
    return Math.max(clients, this.#agent?.load.clients ?? 0);
  }

  #onDrain(draining: boolean): void {
    this.#controller?.drain(draining);
    this.#agent?.drain(draining);
    this.#edge?.report();
  }

  #metricsSource(): MetricsSource {
    return {
      counters: async () => (await this.#agent?.counters()) ?? new Map(),
      processes: () => this.#agent?.processes ?? { starting: 0, idle: 0, used: 0 },
      measures: async () => (await this.#agent?.measures()) ?? new Map(),
      controller: () => this.#controller?.counters() ?? noController,
      mesh: () => this.#mesh?.counts ?? { heard: 0, neighbours: 0 },
      ways: () => this.#mesh?.ways ?? new Map(),
      edgeLinked: () => this.#edge?.linked === true,
    };
  }

  #health(): HealthPage {
    const missing = this.#missing();
    const good = missing.length === 0;
    const status = good ? { status: 'ok' } : { status: 'starting', missing };
    return { good, body: { ...status, ...this.#facts() } };
  }

  /** Whether clients may be sent here. A node that lives, and must not be restarted, may not be ready. */
  #readiness(): HealthPage {
    const missing = this.#missing();
    const trouble = this.#edge?.trouble;
    const { draining } = this.#drain;
    const good = missing.length === 0 && !draining;
    const status = draining ? 'draining' : good ? 'ready' : 'starting';
    const clients = this.#clients();
    const certifiedUntil = this.#edge?.certifiedUntil;
    return {
      good,
      body: { status, missing, clients, certifiedUntil, trouble, ...this.#facts() },
    };
  }

  /** What the node still lacks since it started. */
  #missing(): string[] {
    this.#hadErizos ||= this.#agent === undefined || this.#agent.ready;
    return [...(this.#wasLinked ? [] : ['edge']), ...(this.#hadErizos ? [] : ['erizos'])];
  }

  #facts(): Record<string, unknown> {
    const { nodeId, region } = this.#config;
    const { idle, used } = this.#agent?.processes ?? { idle: 0, used: 0 };
    const edge = this.#edge?.linked === true ? 'linked' : 'away';
    return { nodeId, region, edge, erizos: idle + used };
  }
}
