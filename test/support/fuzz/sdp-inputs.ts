import fc from 'fast-check';
import { limits } from '../../../protocol/limits.ts';
import { answers, fixture, fixtures } from '../../unit/erizo/sdp-kit.ts';

/** Descriptions of browsers with something wrong in them. */

const texts = [...fixtures, ...answers].map(fixture);
const lines = [...new Set(texts.flatMap((text) => text.split('\r\n')))];

const traps = [
  ...['', ' ', '-1', '0', '65536', '4294967296', '1e309', 'NaN', '*', '-', '__proto__'],
  ...['constructor', '\u0000', '\n', '\r', '\r\nm=video 9 UDP/TLS/RTP/SAVPF 96', '{}', '%s'],
  ...['🙂', '\ud800', 'a'.repeat(65), '9'.repeat(400), ';'.repeat(300), '=;=;=', '1;1;1;1'],
];

const value = fc.oneof(
  fc.constantFrom(...traps),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.integer().map(String),
);

/** More lines make no message that a client may send. */
const longest_lines = 10_000;

/** What is done to a text: each takes places as numbers, which are any. */
const change = fc.oneof(
  // Up to 500 m-sections, and as large as a message may be; each costs what fifty others do.
  {
    weight: 1,
    arbitrary: fc.record({ how: fc.constant('sections' as const), times: fc.nat(250) }),
  },
  { weight: 20, arbitrary: fc.record({ how: fc.constant('drop' as const), at: fc.nat() }) },
  {
    weight: 20,
    arbitrary: fc.record({ how: fc.constant('repeat' as const), at: fc.nat(), times: fc.nat(40) }),
  },
  {
    weight: 20,
    arbitrary: fc.record({ how: fc.constant('move' as const), at: fc.nat(), to: fc.nat() }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      how: fc.constant('insert' as const),
      at: fc.nat(),
      line: fc.constantFrom(...lines),
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      how: fc.constant('cut' as const),
      at: fc.nat(),
      after: fc.nat(80),
      value,
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      how: fc.constant('replace' as const),
      at: fc.nat(),
      word: fc.nat(8),
      value,
    }),
  },
  { weight: 20, arbitrary: fc.record({ how: fc.constant('end' as const), at: fc.nat() }) },
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(text: string[], edit: Change): string[] {
  if (edit.how === 'sections') {
    const first = text.findIndex((line) => line.startsWith('m='));
    const section = first < 0 ? text : text.slice(first);
    const times = Math.min(edit.times, Math.floor(longest_lines / section.length));
    return [...text, ...Array.from({ length: times }, () => section).flat()];
  }
  const at = edit.at % Math.max(1, text.length);
  const line = text[at] ?? '';
  switch (edit.how) {
    case 'drop':
      return text.toSpliced(at, 1);
    case 'repeat':
      return text.toSpliced(at, 0, ...Array.from({ length: edit.times }, () => line));
    case 'move':
      return text.toSpliced(at, 1).toSpliced(edit.to % text.length, 0, line);
    case 'insert':
      return text.toSpliced(at, 0, edit.line);
    case 'cut':
      return text.with(at, `${line.slice(0, edit.after)}${edit.value}`);
    case 'replace': {
      const words = line.split(/([ :=;/])/);
      return text.with(at, words.with(edit.word % words.length, edit.value).join(''));
    }
    case 'end':
      return text.slice(0, at);
  }
}

/** Mostly a description of a browser with some changes, now and then any text. */
export const sdpInputs: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc
      .tuple(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 5 }))
      .map(([text, edits]) =>
        edits
          .reduce((all, edit) => (all.length === 0 ? all : changed(all, edit)), text.split('\r\n'))
          .join('\r\n')
          .slice(0, limits.clientMessage_bytes),
      ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => `v=0\r\n${text}`) },
);
