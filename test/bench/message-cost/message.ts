/** A message whose handler meets two counts. */
export interface Message {
  /** Of its rows. */
  readonly name: string;
  readonly what: string;
  /** Both counts, at their bounds where the share is 1 and at half of them where it is a half. Answers what one message does. */
  prepare(share: number): () => void;
}

export function repeat<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

export const noAttributes = {
  ...{ audio: true, video: true, data: false, screen: false, label: '', attributes: {} },
};

/** As long as ids are. */
export const streamIdOf = (index: number): string => `1${String(index).padStart(17, '0')}`;
export const uuidOf = (index: number): string =>
  `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
