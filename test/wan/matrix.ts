import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { BringUpError } from '../../infra/output.ts';
import { rootDir } from '../../infra/paths.ts';
import { RegionId } from '../../protocol/ids.ts';
import { Place } from '../../protocol/place.ts';
import type { Way } from './wan.ts';

/** Figures by pair of regions; each pair stands once, in either order. */
const Pairs = v.record(RegionId, v.record(RegionId, v.pipe(v.number(), v.minValue(0))));

const Region = v.object({ id: RegionId, ...Place.entries });

/**
 * A matrix of ways as a file holds it: `rtts_ms` has every pair; `jitters_ms` and `losses` (0 to 1) may
 * leave pairs out, which then have none.
 */
const Matrix = v.object({
  regions: v.pipe(v.array(Region), v.minLength(1)),
  rtts_ms: Pairs,
  jitters_ms: v.optional(Pairs, {}),
  losses: v.optional(Pairs, {}),
});

export type Matrix = v.InferOutput<typeof Matrix>;
export type MatrixRegion = v.InferOutput<typeof Region>;

/** Measured between 20 regions of a cloud provider. */
export const measuredMatrix = join(rootDir, 'test', 'fixtures', 'rtt-gcp-2020.json');

/** Fails in words where the file is not a matrix, or lacks a pair. */
export function readMatrix(file: string): Matrix {
  let matrix: Matrix;
  try {
    matrix = v.parse(Matrix, JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new BringUpError(
      `${file} is no matrix of ways: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const ids = matrix.regions.map(({ id }) => id);
  for (const [at, a] of ids.entries()) {
    const b = ids.slice(at + 1).find((other) => pair(matrix.rtts_ms, a, other) === undefined);
    if (b !== undefined) {
      throw new BringUpError(`${file} has no round trip between ${a} and ${b}`);
    }
  }
  return matrix;
}

/** The way between two regions; within one it takes no time worth counting. */
export function wayBetween(matrix: Matrix, a: string, b: string): Way {
  return {
    rtt_ms: a === b ? 0 : (pair(matrix.rtts_ms, a, b) ?? 0),
    jitter_ms: pair(matrix.jitters_ms, a, b) ?? 0,
    loss: pair(matrix.losses, a, b) ?? 0,
  };
}

/** Regions by their ids, or so many of them, far from each other: the first, and each next the farthest. */
export function chooseRegions(matrix: Matrix, wish: string): MatrixRegion[] {
  const { regions } = matrix;
  const names = regions.map(({ id }) => id).join(', ');
  if (!/^\d+$/.test(wish)) {
    return wish.split(',').map((id) => {
      const region = regions.find((one) => one.id === id);
      if (region === undefined) {
        throw new BringUpError(`The matrix has no region "${id}". Regions: ${names}`);
      }
      return region;
    });
  }
  const count = Number(wish);
  if (count < 1 || count > regions.length) {
    throw new BringUpError(`The matrix has 1 to ${regions.length} regions to take: ${names}`);
  }
  const chosen: MatrixRegion[] = regions.slice(0, 1);
  const nearest_ms = ({ id }: MatrixRegion): number =>
    Math.min(...chosen.map((one) => wayBetween(matrix, id, one.id).rtt_ms));
  while (chosen.length < count) {
    const rest = regions.filter((region) => !chosen.includes(region));
    chosen.push(...rest.toSorted((a, b) => nearest_ms(b) - nearest_ms(a)).slice(0, 1));
  }
  return chosen;
}

function pair(pairs: v.InferOutput<typeof Pairs>, a: string, b: string): number | undefined {
  return pairs[a]?.[b] ?? pairs[b]?.[a];
}
