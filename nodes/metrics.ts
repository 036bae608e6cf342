import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { ErizoCounters } from '../protocol/contracts/controller-erizo.ts';

/** What the node is asked when its metrics are read. */
export interface MetricsSource {
  /** What is open in each ErizoJS process, by its id. */
  counters(): Promise<ReadonlyMap<string, ErizoCounters>>;
  processes(): { starting: number; idle: number; used: number };
  rooms(): number;
  edgeLinked(): boolean;
}

export interface MetricsOptions {
  nodeId: string;
  region: string;
  version: string;
}

/** A row of an ErizoJS process: the metric's name, what it is, where it comes from. */
const gauges = [
  ['rizoma_clients', 'Clients', 'clients'],
  ['rizoma_connections', 'Connections of clients', 'connections'],
  ['rizoma_publishers', 'Streams that clients publish', 'publishers'],
  ['rizoma_subscribers', 'Streams that clients are sent', 'subscribers'],
  ['rizoma_producers', 'Producers of mediasoup', 'producers'],
  ['rizoma_consumers', 'Consumers of mediasoup', 'consumers'],
  ['rizoma_webrtc_transports', 'Transports to clients', 'webRtcTransports'],
  ['rizoma_pipe_transports', 'Transports to other ErizoJS processes', 'pipeTransports'],
  ['rizoma_pulls', 'Streams that come in over pipes', 'pulls'],
  ['rizoma_wan_pulls', 'Streams that come in from another region', 'wanPulls'],
  ['rizoma_feeds', 'Streams that go out over pipes', 'feeds'],
] as const satisfies readonly (readonly [string, string, keyof ErizoCounters])[];

const totals = [
  ['rizoma_cascade_opens_total', 'Calls that opened a cascade', 'cascadeOpens'],
  ['rizoma_pipe_received_bytes_total', 'Bytes received over pipes', 'pipeBytesReceived'],
  ['rizoma_pipe_sent_bytes_total', 'Bytes sent over pipes', 'pipeBytesSent'],
] as const satisfies readonly (readonly [string, string, keyof ErizoCounters])[];

/** The metrics of a node in Prometheus' text format, made when they are read. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #source: MetricsSource;
  readonly #gauges: [Gauge<'erizo'>, keyof ErizoCounters][];
  readonly #totals: [Counter<'erizo'>, keyof ErizoCounters][];
  readonly #processes: Gauge<'state'>;
  readonly #rooms: Gauge;
  readonly #edgeLinked: Gauge;

  constructor(components: { source: MetricsSource }, options: MetricsOptions) {
    this.#source = components.source;
    const registers = [this.#registry];
    const labelNames = ['erizo'] as const;
    this.#gauges = gauges.map(([name, help, field]) => [
      new Gauge({ name, help, labelNames, registers }),
      field,
    ]);
    this.#totals = totals.map(([name, help, field]) => [
      new Counter({ name, help, labelNames, registers }),
      field,
    ]);
    this.#processes = new Gauge({
      name: 'rizoma_erizo_processes',
      help: 'ErizoJS processes by state',
      labelNames: ['state'],
      registers,
    });
    this.#rooms = new Gauge({ name: 'rizoma_rooms', help: 'Rooms with clients here', registers });
    this.#edgeLinked = new Gauge({
      name: 'rizoma_edge_linked',
      help: '1 while the node is registered at the edge',
      registers,
    });
    const info = new Gauge({
      name: 'rizoma_node_info',
      help: 'Always 1; the labels say which node this is',
      labelNames: ['node', 'region', 'version'],
      registers,
    });
    info.set({ node: options.nodeId, region: options.region, version: options.version }, 1);
  }

  /** Watches the process itself too: memory, CPU, the lag of its event loop. */
  start(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    const counters = await this.#source.counters();
    // In one go, so that two readers at once do not see each other's half.
    this.#setErizos(counters);
    this.#setNode();
    return this.#registry.metrics();
  }

  /** An ErizoJS process that is gone takes its rows with it. */
  #setErizos(counters: ReadonlyMap<string, ErizoCounters>): void {
    for (const [metric] of [...this.#gauges, ...this.#totals]) {
      metric.reset();
    }
    for (const [erizo, values] of counters) {
      for (const [gauge, field] of this.#gauges) {
        gauge.set({ erizo }, values[field]);
      }
      for (const [total, field] of this.#totals) {
        total.inc({ erizo }, values[field]);
      }
    }
  }

  #setNode(): void {
    const { starting, idle, used } = this.#source.processes();
    this.#processes.set({ state: 'starting' }, starting);
    this.#processes.set({ state: 'idle' }, idle);
    this.#processes.set({ state: 'used' }, used);
    this.#rooms.set(this.#source.rooms());
    this.#edgeLinked.set(this.#source.edgeLinked() ? 1 : 0);
  }
}
