import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { MetricName, MetricRow } from '../protocol/metrics.ts';
import { buckets_s, metrics } from '../protocol/metrics.ts';

type OfType<T extends MetricRow['type']> = {
  [N in MetricName]: (typeof metrics)[N]['type'] extends T ? N : never;
}[MetricName];

/** The configuration of a metric, from its row. */
function configOf(registry: Registry, name: MetricName) {
  const row: MetricRow = metrics[name];
  const own = row.of === 'erizo' ? ['erizo'] : [];
  const labelNames = [...own, ...(row.labels ?? [])];
  return { name, help: row.help, labelNames, registers: [registry] };
}

export function gauge(registry: Registry, name: OfType<'gauge'>): Gauge {
  return new Gauge(configOf(registry, name));
}

export function counter(registry: Registry, name: OfType<'counter'>): Counter {
  return new Counter(configOf(registry, name));
}

export function histogram(registry: Registry, name: OfType<'histogram'>): Histogram {
  const buckets = [...buckets_s[metrics[name].buckets]];
  return new Histogram({ ...configOf(registry, name), buckets });
}
