/** How good a connection is: less than 5 % of its packets are lost, less than 20 %, or more. */
export type QualityLevel = 'good' | 'low' | 'very-low';

const names: Record<0 | 1 | 2, QualityLevel> = { 0: 'very-low', 1: 'low', 2: 'good' };

/** In words what a controller says by a number (Licode: `quality_level`). */
export function qualityOf(level: 0 | 1 | 2): QualityLevel {
  return names[level];
}
