import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../../edge/log.ts';
import { outcomeOf, valueOf } from '../../../edge/objects/outcome.ts';
import { RizomaError } from '../../../protocol/errors.ts';

const log = createLog({});

describe('what an object answers another', () => {
  it('is the value, whatever JSON and whatever characters it holds', async () => {
    const value = fc.dictionary(fc.string(), fc.array(fc.string({ unit: 'binary' })));
    await fc.assert(
      fc.asyncProperty(value, async (any) => {
        const answered = await valueOf(outcomeOf(log, () => any));
        expect(JSON.stringify(answered)).toBe(JSON.stringify(any));
      }),
    );
    expect(await valueOf(outcomeOf(log, () => undefined))).toBe(undefined);
  });

  it('is a text, and no secret of who failed', async () => {
    const outcome = await outcomeOf(log, () => Promise.reject(new Error('a secret')));
    expect(outcome).toBeTypeOf('string');
    expect(outcome).not.toMatch('secret');
  });

  it('is the error that was thrown, with all that its reader needs', async () => {
    for (const options of [{}, { details: { path: 'a.b' }, retryAfter_s: 3 }]) {
      const thrown = new RizomaError('overloaded', 'wait a while', options);
      const { code, message, details, retryAfter_s } = thrown;
      await expect(valueOf(outcomeOf(log, () => Promise.reject(thrown)))).rejects.toSatisfy(
        (caught) =>
          caught instanceof RizomaError &&
          isDeepStrictEqual(
            [caught.code, caught.message, caught.details, caught.retryAfter_s],
            [code, message, details, retryAfter_s],
          ),
      );
    }
  });
});
