import type { LicodeClient } from './licode-client.ts';

type Body = Record<string, unknown>;

/** Puts what a client hears of bandwidth and recordings into words, for ever. */
export function followNews(client: LicodeClient, tell: (words: string) => void): void {
  const follow = async (event: string, wordsOf: (body: Body) => unknown[]): Promise<never> => {
    for (;;) {
      tell(wordsOf((await client.next(event)) as Body).join(' '));
    }
  };
  void follow('onBandwidthAlert', ({ message, streamID }) => [message, streamID]);
  for (const event of ['recording_continued', 'recording_ended']) {
    void follow(event, ({ id, part = 1 }) => [event, id, part]);
  }
}
