import { cameraTrouble } from './words.ts';
import type { Trouble } from './words.ts';

export type Camera = { kind: 'on'; media: MediaStream } | { kind: 'none'; trouble: Trouble };

/** Enough for a tile, and cheap to encode. */
export const cameraWidth_px = 640;

const wanted: MediaStreamConstraints = {
  video: { width: { ideal: cameraWidth_px }, height: { ideal: 480 } },
  audio: true,
};

/** Camera and microphone, or why there are none. */
export async function openCamera(): Promise<Camera> {
  try {
    return { kind: 'on', media: await navigator.mediaDevices.getUserMedia(wanted) };
  } catch (error) {
    // Without a secure context there is no `mediaDevices` at all, which is a TypeError.
    const name = error instanceof DOMException ? error.name : 'InsecureContext';
    return { kind: 'none', trouble: cameraTrouble(name) };
  }
}
