import { Agent } from 'node:http';
import { setTimeout as pass } from 'node:timers/promises';
import { LicodeClient } from '../../fakes/licode-client.ts';
import { median } from '../row.ts';
import type { Target } from './flood.ts';
import { ticketTo } from './guests.ts';

/** An address that floods nobody. */
const localAddress = '127.0.0.9';
/** Between an answer and the next question. */
const pause_ms = 50;

export interface RoundTrips {
  readonly median_ms: number;
  readonly longest_ms: number;
}

/** Somebody else at the flooded controller, in a room of its own, who sends what is acknowledged: a heartbeat. */
export class Bystander {
  readonly #client: LicodeClient;

  private constructor(client: LicodeClient) {
    this.#client = client;
  }

  static async join(target: Target): Promise<Bystander> {
    const ticket = await ticketTo(target, 'bystander');
    const query = { ticket, plan: 'dual' };
    const agent = new Agent({ localAddress });
    return new Bystander(await LicodeClient.join(`ws://${target.host}`, query, agent));
  }

  /** Its round trips within that time, one after the other; of one that is not answered, how long it waited. */
  async measure(time_ms: number): Promise<RoundTrips> {
    const took_ms: number[] = [];
    const until_ms = performance.now() + time_ms;
    while (performance.now() < until_ms) {
      const began_ms = performance.now();
      await this.#client.ask('heartbeat', {});
      took_ms.push(performance.now() - began_ms);
      await pass(pause_ms);
    }
    return { median_ms: median(took_ms), longest_ms: Math.max(...took_ms) };
  }

  leave(): void {
    this.#client.socket.disconnect();
  }
}
