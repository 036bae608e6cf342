import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RizomaError } from '../../../protocol/errors.ts';
import { parse } from '../../../protocol/parse.ts';

const sent = 'x'.repeat(100_000);

describe('an error', () => {
  it('does not repeat all that was sent', () => {
    expect(new RizomaError('not_found', `there is no ${sent}`).message).toHaveLength(501);
    expect(new RizomaError('not_found', 'there is nothing').message).toBe('there is nothing');
  });

  it.each([
    [v.object({ a: v.number() }), { a: sent }],
    [v.record(v.string(), v.number()), { [sent]: 'no number' }],
    [v.strictObject({}), { [sent]: 1 }],
    [v.picklist(['a', 'b']), sent],
  ])('of what does not parse is short', (schema, input) => {
    let thrown: unknown;
    try {
      parse(schema, input, 'body');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RizomaError);
    const { message, details } = thrown as RizomaError;
    expect(message.length + JSON.stringify(details).length).toBeLessThan(1_100);
  });
});
