import type { EdgeLog, Trace } from '../log.ts';
import type { Outcome } from './outcome.ts';
import { outcomeOf } from './outcome.ts';
import type { Shaped } from './shape.ts';
import { demandShape, shape } from './shape.ts';

declare const holds: unique symbol;

/**
 * What an object is asked by calls that every request makes, as JSON: the platform hands a text over in a
 * fraction of the time that nested objects take it. The same as `Outcome` is for answers.
 */
export type Asked<T> = string & { readonly [holds]?: T };

export function asked<T extends object>(what: T): Asked<T> {
  return JSON.stringify({ ...what, shape }) as Asked<T>;
}

/** Answers what was asked; with `unavailable` where another version asked it in another form. */
export function answerTo<Question extends { readonly trace?: Trace }, Answer>(
  log: EdgeLog,
  text: Asked<Question>,
  run: (question: Question) => Answer | Promise<Answer>,
): Promise<Outcome<Answer>> {
  // Only `asked` makes such a text, of the same type.
  const question = JSON.parse(text) as Question & Shaped;
  return outcomeOf(log.of(question.trace), () => {
    demandShape(question);
    return run(question);
  });
}
