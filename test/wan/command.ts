import type { Say } from '../../infra/output.ts';
import type { Wan } from './wan.ts';

/** Does what a person types while a WAN runs, and says what became of it. */
export async function obey(wan: Wan, line: string, say: Say): Promise<void> {
  const [verb = '', a = '', b = '', ...numbers] = line.trim().split(/\s+/);
  const [rtt_ms = Number.NaN, jitter_ms = 0, loss = 0] = numbers.map(Number);
  try {
    if (verb === 'link' && [rtt_ms, jitter_ms, loss].every((number) => number >= 0)) {
      await wan.link(a, b, { rtt_ms, jitter_ms, loss });
    } else if (verb === 'cut') {
      await wan.cut(a, b);
    } else if (verb === 'heal') {
      await wan.heal(a, b);
    } else if (verb !== '') {
      say(`Not understood: ${line}`);
      return;
    }
    say('ok');
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}
