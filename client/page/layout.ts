/** Room for tiles, in CSS pixels. */
export interface Area {
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly columns: number;
  /** Of all columns together, gaps included. */
  readonly width: number;
}

const gap = 12;
const aspect = 4 / 3;
/** Smaller than this a face is not seen: rather let the page scroll. */
const smallestTile = 220;

/** The number of columns that makes the tiles as large as they can be with all of them in sight. */
export function layoutOf(tiles: number, area: Area): Layout {
  const count = Math.max(1, tiles);
  const widthOf = (columns: number): number => {
    const rows = Math.ceil(count / columns);
    const byWidth = (area.width - gap * (columns - 1)) / columns;
    const byHeight = ((area.height - gap * (rows - 1)) / rows) * aspect;
    return Math.min(byWidth, byHeight);
  };
  let columns = 1;
  for (let candidate = 2; candidate <= count; candidate += 1) {
    columns = widthOf(candidate) > widthOf(columns) ? candidate : columns;
  }
  if (widthOf(columns) < smallestTile) {
    columns = Math.min(count, Math.max(1, Math.floor(area.width / smallestTile)));
    return { columns, width: area.width };
  }
  return { columns, width: widthOf(columns) * columns + gap * (columns - 1) };
}
