import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../protocol/limits.ts';
import type { Link, LinkEnd } from '../../protocol/link.ts';
import type { LinkPair } from './link-kinds.ts';
import { linkKinds } from './link-kinds.ts';

/** Opens a link and keeps what it hears. */
function listen(link: Link): {
  frames: string[];
  heard(count: number): Promise<string[]>;
  end: Promise<LinkEnd>;
} {
  const frames: string[] = [];
  const end = Promise.withResolvers<LinkEnd>();
  const waiters: { count: number; resolve: (frames: string[]) => void }[] = [];
  link.open({
    frame(text) {
      frames.push(text);
      for (const waiter of waiters.filter(({ count }) => count === frames.length)) {
        waiter.resolve(frames);
      }
    },
    ended: (why) => end.resolve(why),
  });
  return {
    frames,
    end: end.promise,
    heard: (count) =>
      frames.length >= count
        ? Promise.resolve(frames)
        : new Promise((resolve) => waiters.push({ count, resolve })),
  };
}

describe.each(Object.entries(linkKinds))('%s', (_name, makePair) => {
  let pair: LinkPair;
  beforeEach(async () => {
    pair = await makePair();
  });
  afterEach(() => pair.dispose());

  test('carries frames both ways in the order in which they were sent', async () => {
    const left = listen(pair.left);
    const right = listen(pair.right);
    const texts = Array.from({ length: 500 }, (_, index) => `frame ${index} ü`);
    for (const text of texts) {
      pair.left.send(text);
      pair.right.send(text);
    }
    expect(await right.heard(500)).toEqual(texts);
    expect(await left.heard(500)).toEqual(texts);
  });

  test('delivers what came before it was opened', async () => {
    listen(pair.left);
    pair.left.send('early');
    pair.left.send('late');
    const right = listen(pair.right);
    expect(await right.heard(2)).toEqual(['early', 'late']);
  });

  test('tells both sides once when one of them closes it', async () => {
    const left = listen(pair.left);
    const right = listen(pair.right);
    pair.left.send('last');
    await right.heard(1);
    pair.left.close();
    pair.left.close();
    expect(await left.end).toBe('closed');
    expect(await right.end).toBe('peer_closed');
  });

  test('refuses frames once it has ended', async () => {
    const left = listen(pair.left);
    listen(pair.right);
    pair.left.close();
    await left.end;
    expect(() => pair.left.send('too late')).toThrowError(
      expect.objectContaining({ code: 'link_down' }),
    );
  });

  test('refuses a frame that is too large and loses nothing by it', async () => {
    listen(pair.left);
    const right = listen(pair.right);
    const large = 'x'.repeat(limits.frameSize_bytes + 1);
    expect(() => pair.left.send(large)).toThrowError(
      expect.objectContaining({ code: 'too_large' }),
    );
    pair.left.send('y'.repeat(limits.frameSize_bytes));
    expect((await right.heard(1))[0]).toHaveLength(limits.frameSize_bytes);
  });

  test('refuses to queue without bound', async () => {
    listen(pair.left);
    const right = listen(pair.right);
    let sent = 0;
    const flood = (): void => {
      for (; sent < limits.linkQueue_frames * 10; sent += 1) {
        pair.left.send(`frame ${sent}`);
      }
    };
    expect(flood).toThrowError(expect.objectContaining({ code: 'overloaded' }));
    expect(sent).toBeGreaterThanOrEqual(limits.linkQueue_frames);
    expect(await right.heard(sent)).toHaveLength(sent);
  });
});
