import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeAnswer } from '../../../nodes/erizo/sdp/answer.ts';
import type { Chosen } from '../../../nodes/erizo/sdp/codecs.ts';
import { choose, parametersOf } from '../../../nodes/erizo/sdp/codecs.ts';
import { readDescription } from '../../../nodes/erizo/sdp/read.ts';
import { RtpParameters } from '../../../protocol/contracts/rtp-parameters.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { parse } from '../../../protocol/parse.ts';
import { capabilities, fixture, fixtures, local, origin } from './sdp-kit.ts';

/** Reads and answers; what is refused is undefined, and anything but a refusal is thrown on. */
function answerOf(text: string): { sections: number; answer: string } | undefined {
  try {
    const offer = readDescription(text);
    const accepted = new Map<string, Chosen>();
    for (const section of offer.sections) {
      const chosen = section.sends ? choose(section, capabilities) : undefined;
      if (chosen !== undefined) {
        accepted.set(section.mid, chosen);
        parse(RtpParameters, parametersOf(section, chosen), 'parameters', 'sdp_malformed');
      }
    }
    return {
      sections: offer.sections.length,
      answer: writeAnswer(offer, local, accepted, origin),
    };
  } catch (thrown) {
    if (thrown instanceof RizomaError && thrown.code === 'sdp_malformed') {
      return undefined;
    }
    throw thrown;
  }
}

/** Every line of an answer is one that SDP knows, and it has as many m-lines as its offer. */
function expectSound(text: string): void {
  const result = answerOf(text);
  if (result !== undefined) {
    const lines = result.answer.split('\r\n').slice(0, -1);
    expect(lines.filter((line) => !/^[a-z]=[\x20-\x7e]*$/.test(line))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('m='))).toHaveLength(result.sections);
  }
}

const anyFixture = fc.constantFrom(...fixtures).map(fixture);

describe(
  'whatever a client sends as its offer is refused or answered soundly',
  { timeout: 60_000 },
  () => {
    it('any text', () => {
      fc.assert(fc.property(fc.string({ unit: 'binary' }), expectSound));
      fc.assert(fc.property(fc.string(), (text) => expectSound(`v=0\r\n${text}`)));
    });

    it('lines of offers left out, twice, or in another order', () => {
      const shuffled = anyFixture.chain((text) => {
        const lines = text.split('\r\n');
        return fc
          .array(fc.tuple(fc.nat(lines.length - 1), fc.nat(lines.length - 1)), { maxLength: 8 })
          .map((moves) => {
            const moved = [...lines];
            for (const [from, to] of moves) {
              moved.splice(
                to,
                from % 3 === 0 ? 1 : 0,
                ...(from % 3 === 1 ? [] : [lines[from] ?? '']),
              );
            }
            return moved.join('\r\n');
          });
      });
      fc.assert(fc.property(shuffled, expectSound), { numRuns: 400 });
    });

    it('a value of a line replaced by anything', () => {
      const changed = anyFixture.chain((text) => {
        const lines = text.split('\r\n');
        const value = fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          fc.integer().map(String),
          fc.constantFrom('', '-1', '99999999999', '0', ' ', '\n', '*', '__proto__', '\u0000'),
        );
        return fc
          .array(fc.tuple(fc.nat(lines.length - 1), value, fc.nat(40)), {
            minLength: 1,
            maxLength: 4,
          })
          .map((edits) => {
            const edited = [...lines];
            for (const [index, replacement, at] of edits) {
              edited[index] = `${(lines[index] ?? '').slice(0, at)}${replacement}`;
            }
            return edited.join('\r\n');
          });
      });
      fc.assert(fc.property(changed, expectSound), { numRuns: 600 });
    });
  },
);
