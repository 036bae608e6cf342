import fc from 'fast-check';
import { expect, it } from 'vitest';
import { layoutOf } from '../../../client/page/layout.ts';

it('puts tiles side by side in a wide window and below each other in a narrow one', () => {
  expect(layoutOf(3, { width: 1_050, height: 330 }).columns).toBe(3);
  expect(layoutOf(3, { width: 366, height: 600 }).columns).toBe(1);
  expect(layoutOf(4, { width: 1_200, height: 800 }).columns).toBe(2);
});

it('never is wider than its room, and keeps all tiles in sight or lets them be seen', () => {
  const area = fc.record({
    width: fc.integer({ min: 300, max: 4_000 }),
    height: fc.integer({ min: 0, max: 3_000 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50 }), area, (tiles, room) => {
      const { columns, width } = layoutOf(tiles, room);
      expect(columns).toBeGreaterThanOrEqual(1);
      expect(width).toBeLessThanOrEqual(room.width + 0.001);
      const tile = (width - 12 * (columns - 1)) / columns;
      const rows = Math.ceil(Math.max(1, tiles) / columns);
      const height = (tile * 3 * rows) / 4 + 12 * (rows - 1);
      expect(height <= room.height + 0.001 || tile >= 140).toBe(true);
    }),
  );
});
