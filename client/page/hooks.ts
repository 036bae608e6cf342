import type { Room, StreamStats } from '../sdk/index.ts';

/** What a test or the console may look at: `window.rizoma`. */
export interface Hooks {
  /** Undefined until the room is entered. */
  readonly room: Room | undefined;
  /** What each stream sent or received so far. */
  stats(): Promise<StreamStats[]>;
}

declare global {
  interface Window {
    rizoma: Hooks;
  }
}

export function installHooks(room: () => Room | undefined): void {
  window.rizoma = {
    get room() {
      return room();
    },
    stats: async () => (await room()?.stats()) ?? [],
  };
}
