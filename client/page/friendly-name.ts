const qualities = ['calm', 'bright', 'quiet', 'kind', 'merry', 'brave', 'gentle', 'swift'];
const beings = ['heron', 'otter', 'fern', 'willow', 'robin', 'clover', 'badger', 'iris'];

/** A name for who gave none. */
export function friendlyName(random: () => number): string {
  return `${pick(qualities, random)} ${pick(beings, random)}`;
}

function pick(words: readonly string[], random: () => number): string {
  return words[Math.floor(random() * words.length)] ?? 'guest';
}
