import * as v from 'valibot';
import type { MetricName } from '../metrics.ts';
import { metrics } from '../metrics.ts';

const names = Object.keys(metrics) as MetricName[];
const word = v.pipe(v.string(), v.maxLength(64));
/** A row of each bucket for every method of the contracts is some hundreds. */
const valuesAtMost = 4_096;

/**
 * What an ErizoJS process measured, as prom-client tells it: values of metrics of the table. Those of
 * a histogram say in `metricName` whether they are a bucket, the sum or the count.
 */
export const ErizoMeasures = v.pipe(
  v.array(
    v.object({
      name: v.picklist(names),
      values: v.pipe(
        v.array(
          v.object({
            labels: v.record(word, v.union([word, v.number()])),
            value: v.number(),
            metricName: v.optional(word),
          }),
        ),
        v.maxLength(valuesAtMost),
      ),
    }),
  ),
  v.maxLength(names.length),
);

export type ErizoMeasures = v.InferOutput<typeof ErizoMeasures>;
