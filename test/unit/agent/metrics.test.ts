import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { Calls } from '../../../nodes/calls.ts';
import type { MetricsSource } from '../../../nodes/metrics.ts';
import { Metrics } from '../../../nodes/metrics.ts';
import { NodeMeasures } from '../../../nodes/node-measures.ts';
import type { ErizoCounters } from '../../../protocol/contracts/erizo-counters.ts';
import { ErizoMeasures } from '../../../protocol/contracts/erizo-measures.ts';
import type { MetricRow } from '../../../protocol/metrics.ts';
import { metrics as table } from '../../../protocol/metrics.ts';
import { parse } from '../../../protocol/parse.ts';

const counters: ErizoCounters = {
  clients: 1,
  connections: 2,
  publishers: 3,
  subscribers: 4,
  producers: 5,
  consumers: 6,
  webRtcTransports: 7,
  pipeTransports: 8,
  pulls: 9,
  wanPulls: 10,
  feeds: 11,
  downstreams: 18,
  cascadeOpens: 12,
  pipeBytesReceived: 13,
  pipeBytesSent: 14,
  recordings: 15,
  recordingsStarted: 16,
  recordingsFailed: 17,
  unwatchedPublishers: 18,
  layersTold: 19,
  hiddenVideos: 20,
};

/** What a process says that pulled a stream. */
async function measuresOf(): Promise<ErizoMeasures> {
  const registry = new Registry();
  const calls = new Calls({ registry });
  calls.to('upstream')({ method: 'cascade.open', duration_ms: 3, code: undefined });
  return parse(ErizoMeasures, await registry.getMetricsAsJSON(), 'measures');
}

function metricsOf(
  erizos: ReadonlyMap<string, ErizoCounters>,
  measures: ReadonlyMap<string, ErizoMeasures> = new Map(),
): { metrics: Metrics; measured: NodeMeasures } {
  const registry = new Registry();
  const source: MetricsSource = {
    counters: async () => erizos,
    measures: async () => measures,
    processes: () => ({ starting: 1, idle: 2, used: 3 }),
    controller: () => ({ rooms: 4, clients: 5, streams: 6, subscriptions: 7 }),
    mesh: () => ({ heard: 8, neighbours: 9 }),
    ways: () =>
      new Map([['us-east', { rtt_ms: 80.5, jitter_ms: 2, loss: 0.1, shown_ms: 80, silent: 0 }]]),
    edgeLinked: () => true,
  };
  const measured = new NodeMeasures({ registry });
  const options = { nodeId: 'eu-west-1', region: 'eu-west', version: '0.1.0' };
  return { metrics: new Metrics({ source, measured: registry }, options), measured };
}

describe('the metrics of a node', () => {
  it('say what is open in each ErizoJS process', async () => {
    const text = await metricsOf(new Map([['a', counters]])).metrics.text();
    for (const line of [
      'rizoma_clients{erizo="a"} 1',
      'rizoma_way_rtt_ms{region="us-east"} 80.5',
      'rizoma_way_loss{region="us-east"} 0.1',
      'rizoma_webrtc_transports{erizo="a"} 7',
      'rizoma_wan_pulls{erizo="a"} 10',
      'rizoma_cascade_opens_total{erizo="a"} 12',
      'rizoma_pipe_received_bytes_total{erizo="a"} 13',
      'rizoma_recordings{erizo="a"} 15',
      'rizoma_recordings_started_total{erizo="a"} 16',
      'rizoma_recordings_failed_total{erizo="a"} 17',
      'rizoma_erizo_processes{state="idle"} 2',
      'rizoma_rooms 4',
      'rizoma_controller_subscriptions 7',
      'rizoma_edge_linked 1',
      'rizoma_node_info{node="eu-west-1",region="eu-west",version="0.1.0"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain('# TYPE rizoma_pipe_sent_bytes_total counter');
  });

  it('forget a process that is gone, and do not add up what they read twice', async () => {
    const erizos = new Map([
      ['a', counters],
      ['b', counters],
    ]);
    const { metrics } = metricsOf(erizos);
    await Promise.all([metrics.text(), metrics.text()]);
    erizos.delete('b');
    const text = await metrics.text();
    expect(text).toContain('rizoma_cascade_opens_total{erizo="a"} 12\n');
    expect(text).not.toContain('erizo="b"');
  });

  it('say how long joins and calls took and how they failed, of the node and of its processes in one block', async () => {
    const { metrics, measured } = metricsOf(new Map(), new Map([['a', await measuresOf()]]));
    measured.joined(15);
    measured.refused('token_used');
    measured.calls.to('erizo')({ method: 'addSubscriber', duration_ms: 90, code: undefined });
    measured.calls.to('erizo')({ method: 'addSubscriber', duration_ms: 5, code: 'not_found' });
    const text = await metrics.text();
    for (const line of [
      'rizoma_join_seconds_bucket{le="0.01"} 0',
      'rizoma_join_seconds_bucket{le="0.02"} 1',
      'rizoma_join_seconds_bucket{le="10.24"} 1',
      'rizoma_join_seconds_sum 0.015',
      'rizoma_joins_refused_total{code="token_used"} 1',
      'rizoma_rpc_duration_seconds_count{to="erizo",method="addSubscriber"} 1',
      'rizoma_rpc_errors_total{to="erizo",method="addSubscriber",code="not_found"} 1',
      'rizoma_rpc_duration_seconds_bucket{le="0.004",to="upstream",method="cascade.open",erizo="a"} 1',
      'rizoma_rpc_duration_seconds_count{to="upstream",method="cascade.open",erizo="a"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text.match(/^# TYPE rizoma_rpc_duration_seconds histogram$/gm)).toHaveLength(1);
  });

  it('are those of the table, named by the conventions', async () => {
    const { metrics } = metricsOf(new Map([['a', counters]]));
    const shown = [...(await metrics.text()).matchAll(/^# TYPE (rizoma_\w+) /gm)].map(
      ([, name]) => name,
    );
    const known = Object.keys(table);
    expect(known).toEqual(expect.arrayContaining(shown));
    for (const [name, { type, of }] of Object.entries<MetricRow>(table)) {
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(of === 'node' ? shown : known).toContain(name);
    }
  });
});
