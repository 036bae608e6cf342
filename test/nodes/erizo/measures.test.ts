import { describe, expect, it } from 'vitest';
import type { ErizoMeasures } from '../../../protocol/contracts/erizo-measures.ts';
import type { MetricName } from '../../../protocol/metrics.ts';
import { TestController } from './kit/test-controller.ts';
import type { TestErizo } from './kit/test-erizo.ts';
import { until } from './kit/until.ts';
import { erizoSuite } from './kit/suite.ts';

const suite = erizoSuite();

const measuresOf = (erizo: TestErizo): Promise<ErizoMeasures> =>
  erizo.agentPeer.call('measures', {});

/** The sum of those values of a metric that have all the labels. */
function valueOf(
  measures: ErizoMeasures,
  name: MetricName,
  labels: Record<string, string | number> = {},
  part?: string,
): number {
  const values = measures.find((metric) => metric.name === name)?.values ?? [];
  return values
    .filter(({ metricName }) => part === undefined || metricName === `${name}_${part}`)
    .filter((value) => Object.entries(labels).every(([key, text]) => value.labels[key] === text))
    .reduce((sum, { value }) => sum + value, 0);
}

describe('the measures of a process', () => {
  it('say what went through it, how soon a client had media, and how long its calls took', async () => {
    const [origin, gateway] = await Promise.all([suite.start('eu-west'), suite.start('us-east')]);
    const ann = await suite.join(TestController.dial(origin));
    const stream = await ann.publish();
    const ben = await suite.join(TestController.dial(gateway));
    await ben.subscribe(stream, [origin.hop]);
    await ben.plays(stream, 15);

    const atOrigin = await measuresOf(origin);
    const atGateway = await measuresOf(gateway);
    for (const kind of ['audio', 'video']) {
      const packets = (of: ErizoMeasures, direction: string, way: string): number =>
        valueOf(of, `rizoma_${direction}_packets_total` as MetricName, { kind, way });
      expect(packets(atOrigin, 'received', 'client')).toBeGreaterThan(15);
      expect(packets(atOrigin, 'sent', 'pipe')).toBeGreaterThan(15);
      expect(packets(atOrigin, 'sent', 'client')).toBe(0);
      expect(packets(atGateway, 'received', 'pipe')).toBeGreaterThan(15);
      expect(packets(atGateway, 'sent', 'client')).toBeGreaterThan(15);
      expect(valueOf(atGateway, 'rizoma_first_media_seconds', { kind }, 'count')).toBe(1);
      expect(valueOf(atGateway, 'rizoma_first_media_seconds', { kind }, 'sum')).toBeGreaterThan(0);
    }
    const opened = { to: 'upstream', method: 'cascade.open' };
    expect(valueOf(atGateway, 'rizoma_rpc_duration_seconds', opened, 'count')).toBe(1);
    expect(valueOf(atOrigin, 'rizoma_client_received_bytes_total')).toBeGreaterThan(10_000);
    expect(valueOf(atGateway, 'rizoma_client_sent_bytes_total')).toBeGreaterThan(10_000);
    const quantiles = atGateway.find(({ name }) => name === 'rizoma_event_loop_delay_seconds');
    expect(quantiles?.values.map(({ labels }) => labels['quantile'])).toEqual([0.5, 0.99, 1]);

    // Whoever asks again at once gets the same; later it has grown, and a leave makes nothing smaller.
    expect(await measuresOf(gateway)).toEqual(atGateway);
    await ben.unsubscribe(stream.streamId);
    const sent = (of: ErizoMeasures): number => valueOf(of, 'rizoma_sent_packets_total');
    const received = (of: ErizoMeasures): number => valueOf(of, 'rizoma_received_packets_total');
    const grown = (of: ErizoMeasures): boolean => received(of) > received(atOrigin);
    const later = await until(() => measuresOf(origin), grown, 10_000);
    expect(received(later)).toBeGreaterThan(received(atOrigin));
    expect(sent(later)).toBeGreaterThanOrEqual(sent(atOrigin));
    expect(sent(await measuresOf(gateway))).toBeGreaterThanOrEqual(sent(atGateway));
  });
});
