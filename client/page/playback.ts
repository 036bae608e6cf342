import type { LayerCount, Playback } from '../sdk/index.ts';
import { cameraWidth_px } from './camera.ts';

/** In so many the page sends its camera: half of its width and height, and all. */
export const cameraLayers: LayerCount = 2;

/** A picture that is shown so much wider than it is looks no worse. */
const stretch = 1.1;

/** What a tile of that width, in pixels of the screen, has a use for. */
export function playbackFor(width_px: number): Playback {
  return width_px <= (cameraWidth_px / 2) * stretch ? { maxSpatial: 0 } : {};
}
