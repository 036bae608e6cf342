import { World } from '../../nodes/controller/world.ts';
import { newHexId } from '../../../protocol/ids.ts';
import { objection, long, SignallingClient } from './signalling-client.ts';
import type { Plan, Trouble } from './signalling-plans.ts';

const roles = ['presenter', 'presenter', 'presenter', 'viewerWithData', 'viewer', 'guest'];

/** Longer than any call of the controller takes with its attempts: what is not answered then never is. */
const never_ms = 60_000;

/** Clients that come back at a time, to leave. */
const atOnce = 50;

/** A controller with many clients that send anything, and two that go on with what they do. */
export class SignallingWorld {
  readonly world: World;
  readonly #rooms: readonly string[];
  readonly #clients: SignallingClient[] = [];
  readonly #gone: string[] = ['123456789012345678'];
  /** Those that lost their sockets and may come back. */
  readonly #away: string[] = [];
  #speaker: SignallingClient | undefined;
  #hearer: SignallingClient | undefined;
  #said = 0;
  #streamId = '';

  private constructor(world: World, other: string) {
    this.world = world;
    this.#rooms = [world.roomId, other];
  }

  static async create(count: number): Promise<SignallingWorld> {
    const world = await World.create();
    const other = newHexId();
    world.edge.addRoom(other);
    const made = new SignallingWorld(world, other);
    await made.#bringBystanders();
    for (let index = 0; index < count; index += 1) {
      made.#clients.push(await made.#join(index));
    }
    return made;
  }

  /** Those that only look on are two. */
  get bystanders(): number {
    return 2;
  }

  /** Does what is planned; resolves with what is wrong with the outcome. */
  async act(plan: Plan): Promise<string | undefined> {
    switch (plan.kind) {
      case 'trouble':
        await this.#trouble(plan.how, plan.pick);
        return undefined;
      case 'raw': {
        // Of its own, as it may say that it leaves without leaving.
        const client = await this.#join(plan.who);
        client.raw(plan.packet);
        client.leave();
        // A packet that ends the socket is heard before the goodbye.
        this.#away.push(client.returnKey);
        return undefined;
      }
      case 'socket': {
        const client = await this.#client(plan.who);
        if (plan.how === 'cut') {
          client.cut();
          this.#away.push(client.returnKey);
        } else {
          client.leave();
        }
        await client.gone;
        return undefined;
      }
      case 'event':
        return this.#send(plan);
    }
  }

  /** A word of the one bystander reaches the other. */
  async exchange(): Promise<void> {
    const [speaker, hearer] = [this.#speaker, this.#hearer];
    for (const bystander of [speaker, hearer]) {
      if (bystander?.isOpen !== true) {
        throw new Error(`a bystander lost its socket: ${await bystander?.gone}`);
      }
    }
    if (speaker === undefined || hearer === undefined) {
      throw new Error('there are no bystanders');
    }
    this.#said += 1;
    const word = this.#said;
    const heard = Promise.withResolvers<void>();
    const stop = hearer.listen((event, msg) => {
      if (event === 'onDataStream' && JSON.stringify(msg).includes(`"word":${word}`)) {
        heard.resolve();
      }
    });
    const answer = await speaker.ask('sendDataStream', { id: this.#streamId, msg: { word } });
    if (answer?.length !== 0) {
      throw new Error(`a bystander was answered ${JSON.stringify(answer)}`);
    }
    await this.#orNever(heard.promise, 'a bystander does not hear the other');
    stop();
  }

  /** All but the bystanders leave. */
  async empty(): Promise<void> {
    for (const client of this.#clients.splice(0)) {
      client.leave();
    }
    this.world.edge.comeBack();
    const { controller, url } = this.world;
    for (let from = 0; from < this.#away.length; from += atOnce) {
      const some = this.#away.slice(from, from + atOnce);
      await Promise.all(some.map((clientId) => SignallingClient.end(url, clientId)));
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = setInterval(() => {
      const { clients, sockets } = controller.counters();
      if (clients === this.bystanders && sockets === this.bystanders) {
        resolve();
      }
    }, 50);
    await this.#orNever(promise, 'clients stay that have left').finally(() => clearInterval(look));
  }

  /** The fakes around the controller keep what they were asked, which is none of its doing. */
  forget(): void {
    this.world.edge.calls.length = 0;
    for (const erizo of this.world.agent.erizos) {
      erizo.calls.length = 0;
    }
  }

  close(): Promise<void> {
    return this.world.close();
  }

  async #send(plan: Plan & { kind: 'event' }): Promise<string | undefined> {
    const client = await this.#client(plan.who);
    const { event, number } = plan;
    const body = this.#filled(plan.body, client, plan.pick);
    const answer = client.ask(event, body, number);
    const what = `${event} ${JSON.stringify(body)?.slice(0, 300)}`;
    const args = await this.#orNever(answer, `${what} is not answered`);
    const why = args && objection(client, event, args);
    return why && `${what}: ${why}`;
  }

  async #bringBystanders(): Promise<void> {
    this.#speaker = await this.#join(0);
    const options = { state: 'data', audio: false, video: false, data: true };
    const [id] = (await this.#speaker.ask('publish', { options })) ?? [];
    this.#streamId = String(id);
    this.#hearer = await this.#join(0);
    await this.#hearer.ask('subscribe', { options: { streamId: this.#streamId } });
    await this.exchange();
  }

  async #join(index: number): Promise<SignallingClient> {
    const { edge, url } = this.world;
    const role = roles[index % roles.length] ?? 'presenter';
    const roomId = this.#rooms[index % 7 === 6 ? 1 : 0] ?? this.world.roomId;
    const clientId = crypto.randomUUID();
    const ticket = await edge.ticket({ roomId, userName: `fuzz ${index}`, role, clientId });
    const plan = (['stream', 'single', 'dual'] as const)[index % 3] ?? 'dual';
    return SignallingClient.join(url, { ticket, plan });
  }

  /** Who lost its socket comes in anew, as somebody else. */
  async #client(who: number): Promise<SignallingClient> {
    const index = who % this.#clients.length;
    const known = this.#clients[index];
    if (known?.isOpen === true) {
      return known;
    }
    this.world.edge.comeBack();
    const fresh = await this.#join(index);
    const current = this.#clients[index];
    if (current !== known && current?.isOpen === true) {
      fresh.leave();
      return current;
    }
    this.#clients[index] = fresh;
    return fresh;
  }

  /** References stand at most so deep; what is nested deeper is what it is. */
  #filled(value: unknown, client: SignallingClient, pick: number, depth = 4): unknown {
    if (depth === 0) {
      return value;
    }
    if (typeof value === 'string' && value.startsWith('$')) {
      return this.#reference(value.slice(1), client, pick);
    }
    if (Array.isArray(value)) {
      return value.map((one) => this.#filled(one, client, pick, depth - 1));
    }
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, one]) => [
          key,
          this.#filled(one, client, pick, depth - 1),
        ]),
      );
    }
    return value;
  }

  #reference(name: string, client: SignallingClient, pick: number): unknown {
    const { own, other, connections, recordings } = client.knowledge;
    const foreign = this.#clients[pick % this.#clients.length]?.knowledge.connections ?? new Set();
    const sets: Readonly<Record<string, Iterable<unknown>>> = {
      own,
      other,
      gone: this.#gone,
      connection: connections,
      foreign,
      recording: recordings,
    };
    if (name === 'long') {
      return long;
    }
    // Names are of anything, `constructor` among them.
    const all = [...((Object.hasOwn(sets, name) ? sets[name] : undefined) ?? [])];
    return all[pick % Math.max(1, all.length)] ?? crypto.randomUUID();
  }

  async #trouble(how: Trouble, pick: number): Promise<void> {
    const { agent, edge } = this.world;
    const erizo = agent.erizos.at(-1 - (pick % 3));
    switch (how) {
      case 'dies':
        await erizo?.die();
        return;
      case 'exits':
        agent.tellExited(erizo?.erizoId ?? crypto.randomUUID());
        return;
      case 'refuses':
        erizo?.failNext.push(pick % 2 === 0 ? 'overloaded' : 'not_found');
        return;
      case 'fails': {
        const client = this.#clients[pick % this.#clients.length];
        const [streamId = this.#gone[0] ?? ''] = client?.knowledge.own ?? [];
        const clientId = client?.clientId ?? crypto.randomUUID();
        erizo?.streamFailed({ clientId, streamId, role: 'publisher', why: 'transport' });
        return;
      }
      case 'edge away':
        edge.goAway();
        return;
      case 'edge back':
        edge.comeBack();
        return;
    }
  }

  async #orNever<T>(promise: Promise<T>, words: string): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(words)), never_ms);
    try {
      return await Promise.race([promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
