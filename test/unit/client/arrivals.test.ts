import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../../client/sdk/arrivals.ts';

const both = ['audio', 'video'];

function wait(arrivals: Arrivals<string>, streamId: string, kinds: readonly string[]) {
  const heard: unknown[] = [];
  const arrived = Promise.withResolvers<string>();
  const stop = arrivals.wait(streamId, kinds, {
    ...arrived,
    resolve: (media) => {
      heard.push(media);
      arrived.resolve(media);
    },
  });
  return { heard, arrived, stop };
}

describe('Arrivals', () => {
  it('waits for all kinds of track of the stream', () => {
    const arrivals = new Arrivals<string>();
    const { heard } = wait(arrivals, 'ann', both);
    arrivals.add('ann', 'video', 'media');
    expect(heard).toEqual([]);
    arrivals.add('ann', 'audio', 'media');
    expect(heard).toEqual(['media']);
  });

  it('knows the tracks that came before somebody asked', () => {
    const arrivals = new Arrivals<string>();
    arrivals.add('ann', 'audio', 'media');
    expect(wait(arrivals, 'ann', ['audio']).heard).toEqual(['media']);
  });

  it('takes the tracks of one stream for no other', () => {
    const arrivals = new Arrivals<string>();
    const { heard } = wait(arrivals, 'ann', both);
    arrivals.add('bob', 'audio', 'media');
    arrivals.add('bob', 'video', 'media');
    expect(heard).toEqual([]);
  });

  it('forgets a track that was removed', () => {
    const arrivals = new Arrivals<string>();
    arrivals.add('ann', 'audio', 'old');
    arrivals.add('ann', 'video', 'old');
    arrivals.remove('ann', 'video');
    const { heard } = wait(arrivals, 'ann', both);
    expect(heard).toEqual([]);
    arrivals.add('ann', 'video', 'new');
    expect(heard).toEqual(['new']);
  });

  it('rejects those who wait when it ends', async () => {
    const arrivals = new Arrivals<string>();
    const { arrived } = wait(arrivals, 'ann', both);
    arrivals.end(new Error('closed'));
    await expect(arrived.promise).rejects.toThrow('closed');
  });
});
