import type { Server } from 'node:http';
import { availableParallelism } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import type { Clock } from '../protocol/clock.ts';
import { systemClock } from '../protocol/clock.ts';
import type { NodeCard, NodeLoad } from '../protocol/contracts/node-edge.ts';
import { newUuid } from '../protocol/ids.ts';
import { Agent } from './agent/agent.ts';
import type { Config } from './config.ts';
import { Controller } from './controller/controller.ts';
import type { HttpPages } from './http.ts';
import { closeServer, createHttpServer, listen } from './http.ts';
import type { Log } from './log.ts';
import { EdgeLink } from './mesh/edge-link.ts';
import { StaticMembers } from './mesh/static-members.ts';
import type { MetricsSource } from './metrics.ts';
import { Metrics } from './metrics.ts';
import { nodeLoad } from './node-load.ts';

export interface NodeComponents {
  log: Log;
  clock?: Clock;
}

/** One host of a region: the roles that it was given, its way to the edge and its HTTP server. */
export class Node {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #config: Config;
  readonly #server: Server;
  readonly #metrics: Metrics;
  /** What is closed when the node closes, last made first. */
  readonly #parts = new AsyncDisposableStack();
  #agent: Agent | undefined;
  #edge: EdgeLink | undefined;
  #controller: Controller | undefined;
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
    this.#metrics = new Metrics({ source: this.#metricsSource() }, { nodeId, region, version });
    this.#server = createHttpServer({
      log: this.#log,
      pages: { health: () => this.#health(), metrics: this.#metrics },
    });
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
    this.#metrics.start();
    if (this.#config.roles.includes('agent')) {
      this.#agent = this.#parts.use(await this.#createAgent());
    }
    await listen(this.#server, { ip, port: httpPort });
    this.#parts.defer(() => closeServer(this.#server));
    // Last, as from the moment that the edge knows the node it sends clients here.
    await this.#enrol();
    this.#log.info({ ip, httpPort, roles: this.#config.roles }, 'node started');
  }

  #createAgent(): Promise<Agent> {
    const { rpcPort, prerunProcesses, maxProcesses, nodeId, region, ip, announcedIp } =
      this.#config;
    const { mediaPortMin, mediaPortMax, logLevel, logDir, runId, workerBin } = this.#config;
    const media = { mediaPortMin, mediaPortMax, workerBin };
    const environment = { nodeId, region, ip, announcedIp, logLevel, logDir, runId, ...media };
    return Agent.create(
      { clock: this.#clock, log: this.#log.child({ part: 'agent' }) },
      { rpcPort, prerunProcesses, maxProcesses, environment },
    );
  }

  async #enrol(): Promise<void> {
    const { edgeUrl, enrolSecret, roles } = this.#config;
    const clock = this.#clock;
    const card = this.#card();
    const edge = this.#parts.use(
      EdgeLink.create(
        { clock, log: this.#log.child({ part: 'edge-link' }), card, load: () => this.#load() },
        { url: edgeUrl, enrolSecret },
      ),
    );
    this.#edge = edge;
    edge.listen({
      linked: () => {
        this.#wasLinked = true;
      },
    });
    const members = this.#parts.use(StaticMembers.create({ card, edge }));
    if (roles.includes('controller')) {
      const log = this.#log;
      const { nodeId, region, maxErizosPerRoom, clientsPerErizo } = this.#config;
      this.#controller = await Controller.create(
        { clock, log, edge, members, server: this.#server },
        { nodeId, epoch: card.epoch, region, maxErizosPerRoom, clientsPerErizo },
      );
      this.#parts.use(this.#controller);
    }
  }

  #card(): NodeCard {
    const { nodeId, region, place, jurisdiction, secure, publicHost, roles } = this.#config;
    const host = roles.includes('controller') ? { host: publicHost } : {};
    const agent = this.#agent === undefined ? {} : { agent: this.#agent.endpoint };
    const bound = jurisdiction === undefined ? {} : { jurisdiction };
    const { version } = packageJson;
    const self = { nodeId, epoch: newUuid(), region, place, secure, version };
    return { ...self, ...bound, ...host, ...agent };
  }

  #load(): NodeLoad {
    const { rooms, clients } = this.#controller?.load() ?? { rooms: 0, clients: 0 };
    const cpu_cores = this.#agent?.cpu ?? 0;
    return nodeLoad({ rooms, clients, cpu_cores, cores: availableParallelism() });
  }

  #metricsSource(): MetricsSource {
    return {
      counters: async () => (await this.#agent?.counters()) ?? new Map(),
      processes: () => this.#agent?.processes ?? { starting: 0, idle: 0, used: 0 },
      rooms: () => this.#load().rooms,
      edgeLinked: () => this.#edge?.linked === true,
    };
  }

  #health(): ReturnType<HttpPages['health']> {
    const { nodeId, region } = this.#config;
    this.#hadErizos ||= this.#agent === undefined || this.#agent.ready;
    const missing = [...(this.#wasLinked ? [] : ['edge']), ...(this.#hadErizos ? [] : ['erizos'])];
    const { idle, used } = this.#agent?.processes ?? { idle: 0, used: 0 };
    const facts = {
      nodeId,
      region,
      edge: this.#edge?.linked === true ? 'linked' : 'away',
      erizos: idle + used,
    };
    return missing.length === 0
      ? { missing, body: { status: 'ok', ...facts } }
      : { missing, body: { status: 'starting', ...facts, missing } };
  }
}
