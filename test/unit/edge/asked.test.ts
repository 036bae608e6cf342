import { expect, it, vi } from 'vitest';
import { createLog } from '../../../edge/log.ts';
import { answerTo, asked } from '../../../edge/objects/asked.ts';
import type { Outcome } from '../../../edge/objects/outcome.ts';
import { outcomeOf, valueOf } from '../../../edge/objects/outcome.ts';
import { shape } from '../../../edge/objects/shape.ts';

const log = createLog({ object: 'test' });
const question = { credentials: 'mine', trace: { requestId: 'a-request' } };
const refused = {
  code: 'unavailable',
  message: expect.stringContaining('deployed'),
  retryAfter_s: 5,
};

/** What this version would write, in another form, or in none as the first versions did. */
function inForm<Text extends string>(text: Text, form: number | undefined): Text {
  return JSON.stringify({ ...JSON.parse(text), shape: form }) as Text;
}

it('a question in the form of this version is answered, and one of the first versions, which names none', async () => {
  for (const text of [asked(question), inForm(asked(question), undefined)]) {
    const answer = answerTo(log, text, ({ credentials }) => `${credentials} are good`);
    expect(await valueOf(answer)).toBe('mine are good');
  }
});

it('a question in another form is refused in words, before anything is done with it', async () => {
  const run = vi.fn<() => string>();
  const answer = answerTo(log, inForm(asked(question), shape + 1), run);
  await expect(valueOf(answer)).rejects.toMatchObject(refused);
  expect(run).not.toHaveBeenCalled();
});

it('an answer in another form is refused in words, be it good news or bad', async () => {
  const answers: Outcome<string>[] = [
    await outcomeOf(log, () => 'fine'),
    await outcomeOf(log, (): string => JSON.parse('')),
  ];
  for (const answer of answers) {
    await expect(valueOf(Promise.resolve(inForm(answer, shape + 1)))).rejects.toMatchObject(
      refused,
    );
  }
  const [fine] = answers;
  expect(await valueOf(Promise.resolve(inForm(fine ?? '', undefined)))).toBe('fine');
});
