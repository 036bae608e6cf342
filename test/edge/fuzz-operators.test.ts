import { it } from 'vitest';
import { fuzz } from './fuzz/run.ts';

it('answers 50,000 mutated requests of the superservice and of nodes in defined words, and loses nothing', async () => {
  await fuzz({
    requests: 50_000,
    isFocus: ({ row }) => row.caller === 'superservice' || row.caller === 'node',
  });
}, 900_000);
