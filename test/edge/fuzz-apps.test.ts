import { inject, it } from 'vitest';
import { fuzz } from './fuzz/run.ts';

const { requests, seed } = inject('fuzz');

it(`answers ${requests / 2} mutated requests of apps and participants in defined words, and loses nothing (seed ${seed})`, async () => {
  await fuzz({
    requests: requests / 2,
    seed,
    isFocus: ({ row }) => row.caller !== 'superservice' && row.caller !== 'node',
  });
}, 3_600_000);
