import type { Room } from '../sdk/index.ts';
import { make } from './element.ts';

/** Says in words, as long as it is so, that something of the room is being recorded. */
export function showRecording(sign: HTMLElement, isRecording: boolean): void {
  const isShown = sign.childElementCount > 0;
  if (isRecording !== isShown) {
    sign.replaceChildren(...(isRecording ? [make('span', 'recording-mark', 'Recording')] : []));
  }
}

/** Shows it from now on, and for those who come while it is so at once. */
export function watchRecordings(room: Room, sign: HTMLElement): void {
  const show = (): void => showRecording(sign, room.isRecording);
  room.on('recording-started', show);
  room.on('recording-ended', show);
  show();
}
