import type { Counter, Gauge } from 'prom-client';
import { AggregatorRegistry, Registry, collectDefaultMetrics } from 'prom-client';
import type { ErizoCounters } from '../protocol/contracts/erizo-counters.ts';
import type { ErizoMeasures } from '../protocol/contracts/erizo-measures.ts';
import type { MetricName } from '../protocol/metrics.ts';
import { metrics } from '../protocol/metrics.ts';
import { counter, gauge } from './meters.ts';

/** What the node is asked when its metrics are read. */
export interface MetricsSource {
  /** What is open in each ErizoJS process, by its id. */
  counters(): Promise<ReadonlyMap<string, ErizoCounters>>;
  /** What each measured. */
  measures(): Promise<ReadonlyMap<string, ErizoMeasures>>;
  processes(): { starting: number; idle: number; used: number };
  controller(): { rooms: number; clients: number; streams: number; subscriptions: number };
  /** Nodes that are heard in the mesh, and those that this one is linked with. */
  mesh(): { heard: number; neighbours: number };
  /** To the regions whose way this node measures. */
  ways(): ReadonlyMap<string, MeasuredWay>;
  edgeLinked(): boolean;
}

/** The way to another region, each figure smoothed. */
export interface MeasuredWay {
  readonly rtt_ms: number;
  readonly jitter_ms: number;
  /** The share of pings that were not answered. */
  readonly loss: number;
}

export interface MetricsOptions {
  nodeId: string;
  region: string;
  version: string;
}

/** The metrics of an ErizoJS process that come from its counters. */
const gauges = [
  ['rizoma_clients', 'clients'],
  ['rizoma_connections', 'connections'],
  ['rizoma_publishers', 'publishers'],
  ['rizoma_subscribers', 'subscribers'],
  ['rizoma_producers', 'producers'],
  ['rizoma_consumers', 'consumers'],
  ['rizoma_webrtc_transports', 'webRtcTransports'],
  ['rizoma_pipe_transports', 'pipeTransports'],
  ['rizoma_pulls', 'pulls'],
  ['rizoma_wan_pulls', 'wanPulls'],
  ['rizoma_feeds', 'feeds'],
  ['rizoma_downstreams', 'downstreams'],
  ['rizoma_publishers_unwatched', 'unwatchedPublishers'],
  ['rizoma_videos_hidden', 'hiddenVideos'],
  ['rizoma_recordings', 'recordings'],
] as const satisfies readonly (readonly [MetricName, keyof ErizoCounters])[];

const totals = [
  ['rizoma_cascade_opens_total', 'cascadeOpens'],
  ['rizoma_pipe_received_bytes_total', 'pipeBytesReceived'],
  ['rizoma_pipe_sent_bytes_total', 'pipeBytesSent'],
  ['rizoma_layers_told_total', 'layersTold'],
  ['rizoma_recordings_started_total', 'recordingsStarted'],
  ['rizoma_recordings_failed_total', 'recordingsFailed'],
] as const satisfies readonly (readonly [MetricName, keyof ErizoCounters])[];

const ofController = [
  ['rizoma_rooms', 'rooms'],
  ['rizoma_controller_clients', 'clients'],
  ['rizoma_controller_streams', 'streams'],
  ['rizoma_controller_subscriptions', 'subscriptions'],
] as const satisfies readonly (readonly [MetricName, string])[];

const ofMesh = [
  ['rizoma_mesh_heard', 'heard'],
  ['rizoma_mesh_neighbours', 'neighbours'],
] as const satisfies readonly (readonly [MetricName, string])[];

const ofWays = [
  ['rizoma_way_rtt_ms', 'rtt_ms'],
  ['rizoma_way_jitter_ms', 'jitter_ms'],
  ['rizoma_way_loss', 'loss'],
] as const satisfies readonly (readonly [MetricName, keyof MeasuredWay])[];

/** The metrics of a node in Prometheus' text format, made when they are read. */
export class Metrics {
  readonly #registry = new Registry();
  /** What the node itself measured while it worked. */
  readonly #measured: Registry;
  readonly #source: MetricsSource;
  readonly #gauges: [Gauge, keyof ErizoCounters][];
  readonly #totals: [Counter, keyof ErizoCounters][];
  readonly #controller: [Gauge, (typeof ofController)[number][1]][];
  readonly #mesh: [Gauge, (typeof ofMesh)[number][1]][];
  readonly #ways: [Gauge, keyof MeasuredWay][];
  readonly #processes: Gauge;
  readonly #edgeLinked: Gauge;
  #reading: Promise<string> | undefined;

  constructor(components: { source: MetricsSource; measured: Registry }, options: MetricsOptions) {
    const { source, measured } = components;
    const registry = this.#registry;
    this.#source = source;
    this.#measured = measured;
    this.#gauges = gauges.map(([name, field]) => [gauge(registry, name), field]);
    this.#totals = totals.map(([name, field]) => [counter(registry, name), field]);
    this.#controller = ofController.map(([name, field]) => [gauge(registry, name), field]);
    this.#mesh = ofMesh.map(([name, field]) => [gauge(registry, name), field]);
    this.#ways = ofWays.map(([name, field]) => [gauge(registry, name), field]);
    this.#processes = gauge(registry, 'rizoma_erizo_processes');
    this.#edgeLinked = gauge(registry, 'rizoma_edge_linked');
    const { nodeId: node, region, version } = options;
    gauge(registry, 'rizoma_node_info').set({ node, region, version }, 1);
  }

  /** Watches the process itself too: memory, CPU, the lag of its event loop. */
  start(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Readers that ask at once share one answer. */
  text(): Promise<string> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<string> {
    const [counters, measures] = await Promise.all([
      this.#source.counters(),
      this.#source.measures(),
    ]);
    // In one go, so that two readers at once do not see each other's half.
    this.#setErizos(counters);
    this.#setNode();
    const own = this.#registry.metrics();
    const measured = this.#merged(await this.#measured.getMetricsAsJSON(), measures).metrics();
    return `${await own}\n${await measured}`;
  }

  /** What the node and its processes measured: of each metric one block, as the format wants it. */
  #merged(own: object[], erizos: ReadonlyMap<string, ErizoMeasures>): Registry {
    const theirs = [...erizos].map(([erizo, measures]) =>
      measures.map(({ name, values }) => ({
        name,
        ...metrics[name],
        aggregator: 'sum',
        values: values.map((value) => ({ ...value, labels: { ...value.labels, erizo } })),
      })),
    );
    return AggregatorRegistry.aggregate([own, ...theirs]);
  }

  /** An ErizoJS process that is gone takes its rows with it. */
  #setErizos(counters: ReadonlyMap<string, ErizoCounters>): void {
    for (const [metric] of [...this.#gauges, ...this.#totals]) {
      metric.reset();
    }
    for (const [erizo, values] of counters) {
      for (const [metric, field] of this.#gauges) {
        metric.set({ erizo }, values[field]);
      }
      for (const [metric, field] of this.#totals) {
        metric.inc({ erizo }, values[field]);
      }
    }
  }

  #setNode(): void {
    const processes = this.#source.processes();
    for (const state of ['starting', 'idle', 'used'] as const) {
      this.#processes.set({ state }, processes[state]);
    }
    const controller = this.#source.controller();
    for (const [metric, field] of this.#controller) {
      metric.set(controller[field]);
    }
    const mesh = this.#source.mesh();
    for (const [metric, field] of this.#mesh) {
      metric.set(mesh[field]);
    }
    for (const [metric, field] of this.#ways) {
      metric.reset();
      for (const [region, way] of this.#source.ways()) {
        metric.set({ region }, way[field]);
      }
    }
    this.#edgeLinked.set(this.#source.edgeLinked() ? 1 : 0);
  }
}
