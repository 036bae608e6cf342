/**
 * Who speaks in a room. The worker's observer judges by how voices are spread over time, and may take half a minute
 * to notice a new one when the last has fallen silent: then whoever is heard alone speaks.
 */
export interface SpeakerChoice {
  readonly speaker: string | undefined;
  /** As the observer said last. */
  readonly dominant: string | undefined;
  /** In so many intervals in a row it was heard, or others were and it was not. */
  readonly heardFor: number;
  readonly quietFor: number;
}

const defaults = {
  /** Intervals of half a second: pauses between words are shorter. */
  intervals: 3,
} as const;

export const nobodySpeaks: SpeakerChoice = {
  speaker: undefined,
  dominant: undefined,
  heardFor: 0,
  quietFor: 0,
};

/** The observer says that this one speaks. */
export function dominates(streamId: string): SpeakerChoice {
  return { speaker: streamId, dominant: streamId, heardFor: 0, quietFor: 0 };
}

/** These were heard in one interval, the loudest first. */
export function heard(choice: SpeakerChoice, streamIds: readonly string[]): SpeakerChoice {
  const { speaker, dominant } = choice;
  if (dominant !== undefined && streamIds.includes(dominant)) {
    const heardFor = choice.heardFor + 1;
    const isBack = heardFor >= defaults.intervals;
    return { speaker: isBack ? dominant : speaker, dominant, heardFor, quietFor: 0 };
  }
  const [loudest] = streamIds;
  if (loudest === undefined) {
    return { ...choice, heardFor: 0 };
  }
  const quietFor = choice.quietFor + 1;
  const stays = speaker !== undefined && streamIds.includes(speaker);
  const isAnother = quietFor >= defaults.intervals && !stays;
  return { speaker: isAnother ? loudest : speaker, dominant, heardFor: 0, quietFor };
}

/** The stream is no more. */
export function forgotten(choice: SpeakerChoice, streamId: string): SpeakerChoice {
  const without = (one: string | undefined): string | undefined =>
    one === streamId ? undefined : one;
  return { ...choice, speaker: without(choice.speaker), dominant: without(choice.dominant) };
}
