import type { types } from 'mediasoup';
import type { LayerRate } from './media.ts';

/**
 * The bitrates of the spatial layers of a track that comes in, the lowest first, up to the highest that
 * comes. The layers of simulcast are streams of their own; those of SVC are parts of one.
 */
export async function layersOf(producer: types.Producer): Promise<LayerRate[]> {
  const stats = await producer.getStats();
  const { encodings } = producer.rtpParameters;
  const [only] = stats;
  const layers =
    (encodings ?? []).length > 1
      ? (encodings ?? []).map(({ rid, ssrc }) => {
          const stat = stats.find((one) =>
            rid === undefined ? one.ssrc === ssrc : one.rid === rid,
          );
          return stat === undefined ? none : rateOf(stat, 0);
        })
      : only === undefined
        ? []
        : Array.from({ length: spatialLayers(only) }, (_, spatial) => rateOf(only, spatial));
  return layers.slice(0, layers.findLastIndex(({ whole_bps }) => whole_bps > 0) + 1);
}

const none: LayerRate = { least_bps: 0, whole_bps: 0 };

/** Of each pair `spatial.temporal` the worker tells what it and all below it take; of a lone one nothing. */
function rateOf(stat: types.ProducerStat, spatial: number): LayerRate {
  const rates_bps = Object.entries(stat.bitrateByLayer)
    .filter(([name]) => name.startsWith(`${spatial}.`))
    .map(([, rate_bps]) => rate_bps);
  return rates_bps.length === 0
    ? { least_bps: stat.bitrate, whole_bps: stat.bitrate }
    : {
        least_bps: stat.bitrateByLayer[`${spatial}.0`] ?? 0,
        whole_bps: Math.max(...rates_bps),
      };
}

function spatialLayers(stat: types.ProducerStat): number {
  const named = Object.keys(stat.bitrateByLayer).map((name) => Number(name.split('.')[0]));
  return Math.max(0, ...named) + 1;
}
