import { Bits } from './bits.ts';
import type { PictureSize } from './told.ts';

/** More templates than there are ids. */
const templateIds = 64;

/**
 * The sizes of the spatial layers, the lowest first, as a dependency descriptor tells them with a key frame
 * (AV1 over RTP, appendix A.8). Nothing where it does not, or is cut short.
 */
export function resolutionsOf(descriptor: Buffer): PictureSize[] {
  const bits = new Bits(descriptor);
  // Where the frame begins and ends, by which template it is, and its number.
  bits.skip(24);
  const hasStructure = bits.flag();
  bits.skip(4);
  return hasStructure ? readStructure(bits) : [];
}

function readStructure(bits: Bits): PictureSize[] {
  bits.skip(6);
  const targets = bits.read(5) + 1;
  const { templates, spatialLayers } = readTemplates(bits);
  bits.skip(2 * templates * targets);
  skipReferences(bits, templates);
  skipChains(bits, templates, targets);
  if (templates > templateIds || !bits.flag()) {
    return [];
  }
  const sizes = Array.from({ length: spatialLayers }, () => {
    const width = bits.read(16) + 1;
    return { width, height: bits.read(16) + 1 };
  });
  return bits.isPast ? [] : sizes;
}

function readTemplates(bits: Bits): { templates: number; spatialLayers: number } {
  let spatialLayers = 1;
  for (let templates = 1; templates <= templateIds; templates += 1) {
    const next = bits.read(2);
    if (next === 3) {
      return { templates, spatialLayers };
    }
    spatialLayers += next === 2 ? 1 : 0;
  }
  return { templates: templateIds + 1, spatialLayers };
}

/** Which frames before it one of each template refers to. */
function skipReferences(bits: Bits, templates: number): void {
  for (let template = 0; template < templates; template += 1) {
    while (bits.flag()) {
      bits.skip(4);
    }
  }
}

function skipChains(bits: Bits, templates: number, targets: number): void {
  const chains = bits.below(targets + 1);
  if (chains > 0) {
    for (let target = 0; target < targets; target += 1) {
      bits.below(chains);
    }
    bits.skip(4 * templates * chains);
  }
}
