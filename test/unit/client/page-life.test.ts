import { describe, expect, it } from 'vitest';
import type { Page } from '../../../client/sdk/page-life.ts';
import { followPage } from '../../../client/sdk/page-life.ts';

type Listener = Parameters<Page['addEventListener']>[1];

class FakePage implements Page {
  readonly listeners: [string, Listener][] = [];

  addEventListener(type: string, listener: Listener): void {
    this.listeners.push([type, listener]);
  }

  removeEventListener(type: string, listener: Listener): void {
    const at = this.listeners.findIndex((one) => one[0] === type && one[1] === listener);
    if (at >= 0) {
      this.listeners.splice(at, 1);
    }
  }

  happens(type: string, persisted: boolean): void {
    for (const [, listener] of this.listeners.filter(([name]) => name === type)) {
      listener({ persisted });
    }
  }
}

function newRoom(heard: string[]) {
  const over = Promise.withResolvers<void>();
  return {
    ended: over.promise,
    leave: () => {
      heard.push('left');
      over.resolve();
    },
    handlePageBack: () => void heard.push('back'),
  };
}

describe('a page', () => {
  it('leaves its room when it goes, and is told when its browser brings it back', async () => {
    const page = new FakePage();
    const heard: string[] = [];
    followPage(page, newRoom(heard));
    page.happens('pagehide', true);
    expect(heard).toEqual(['left']);
    page.happens('pageshow', true);
    expect(heard).toEqual(['left', 'back']);
    await Promise.resolve();
    expect(page.listeners).toEqual([]);
  });

  it('keeps nothing of rooms that it left, however many', async () => {
    const page = new FakePage();
    for (let visits = 0; visits < 200; visits += 1) {
      const room = newRoom([]);
      followPage(page, room);
      room.leave();
      await room.ended;
    }
    await Promise.resolve();
    expect(page.listeners).toEqual([]);
  });

  it('that goes for good has nothing to be told', () => {
    const page = new FakePage();
    const heard: string[] = [];
    followPage(page, newRoom(heard));
    page.happens('pagehide', false);
    page.happens('pageshow', false);
    expect(heard).toEqual(['left']);
  });
});
