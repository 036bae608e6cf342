import { describe, expect, it } from 'vitest';
import { allChecks } from '../../infra/checks.ts';

/** `npm run check` runs the same by itself. */
describe('the static checks', () => {
  it.concurrent.each(allChecks())(
    'find nothing wrong: $name',
    { timeout: 300_000 },
    async ({ find }) => {
      const wrong = await find();
      if (wrong !== undefined) {
        expect.fail(wrong);
      }
    },
  );
});
