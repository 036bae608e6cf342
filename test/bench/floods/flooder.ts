import { parse } from '../../../protocol/parse.ts';
import type { Running } from './flood.ts';
import { floods } from './floods.ts';
import type { Done } from './orders.ts';
import { Order } from './orders.ts';

/**
 * The process that a flood comes from, which is not the one that measures: what it does itself must hold up nobody. It ends
 * with who started it.
 */
let running: Running | undefined;
let stop = (): void => undefined;

async function obey(order: Order): Promise<void> {
  switch (order.is) {
    case 'open':
      running = await floods[order.flood].open(order.target);
      return;
    case 'start':
      stop = running?.start() ?? stop;
      return;
    case 'stop':
      stop();
      return;
    case 'end':
      stop();
      await running?.close();
  }
}

function say(done: Omit<Done, 'counts'>, then = (): void => undefined): void {
  process.send?.({ ...done, counts: { ...running?.counts } } satisfies Done, then);
}

process.on('message', (message) => {
  const order = parse(Order, message, 'an order');
  obey(order).then(
    () => say({ is: 'done', words: '' }, order.is === 'end' ? () => process.exit() : undefined),
    (thrown: unknown) => say({ is: 'failed', words: String(thrown) }),
  );
});
process.on('disconnect', () => process.exit());
