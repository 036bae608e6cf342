import { describe, expect, it } from 'vitest';
import type { MetricsSource } from '../../../nodes/metrics.ts';
import { Metrics } from '../../../nodes/metrics.ts';
import type { ErizoCounters } from '../../../protocol/contracts/controller-erizo.ts';

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
  cascadeOpens: 12,
  pipeBytesReceived: 13,
  pipeBytesSent: 14,
};

function metricsOf(erizos: Map<string, ErizoCounters>): Metrics {
  const source: MetricsSource = {
    counters: async () => erizos,
    processes: () => ({ starting: 1, idle: 2, used: 3 }),
    rooms: () => 4,
    edgeLinked: () => true,
  };
  return new Metrics({ source }, { nodeId: 'eu-west-1', region: 'eu-west', version: '0.1.0' });
}

describe('the metrics of a node', () => {
  it('say what is open in each ErizoJS process', async () => {
    const text = await metricsOf(new Map([['a', counters]])).text();
    for (const line of [
      'rizoma_clients{erizo="a"} 1',
      'rizoma_webrtc_transports{erizo="a"} 7',
      'rizoma_wan_pulls{erizo="a"} 10',
      'rizoma_cascade_opens_total{erizo="a"} 12',
      'rizoma_pipe_received_bytes_total{erizo="a"} 13',
      'rizoma_erizo_processes{state="idle"} 2',
      'rizoma_rooms 4',
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
    const metrics = metricsOf(erizos);
    await Promise.all([metrics.text(), metrics.text()]);
    erizos.delete('b');
    const text = await metrics.text();
    expect(text).toContain('rizoma_cascade_opens_total{erizo="a"} 12\n');
    expect(text).not.toContain('erizo="b"');
  });
});
