import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import worker from '../../../edge/worker.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { httpApi } from '../../../protocol/contracts/http-api/index.ts';
import { JoinAnswer, RoomAnswer } from '../../../protocol/contracts/rest.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import type { HttpRoute } from '../../../protocol/http-contract.ts';
import { routesOf } from '../../../protocol/http-contract.ts';
import { newUuid, ServiceId } from '../../../protocol/ids.ts';
import { mauthHeader } from '../../../protocol/mauth.ts';
import { parseJson } from '../../../protocol/parse.ts';
import type { TestNode } from '../support.ts';
import {
  createRoom,
  createToken,
  idle,
  origin,
  request,
  someFacts,
  startNode,
} from '../support.ts';
import type { Fill, Plan, Signer } from './requests.ts';
import { wrongs } from './requests.ts';
import type { Answered } from './verdict.ts';

interface Service {
  readonly id: string;
  readonly key: string;
  /** Ids of its rooms, the oldest first. */
  readonly rooms: Set<string>;
}

/** What was sent for a plan. */
interface Sent {
  readonly request: Request;
  /** Who signed it. */
  readonly signer: Service;
  readonly authorization: string | undefined;
}

const reads = new Set(['GET', 'HEAD', 'OPTIONS', 'get']);
const bodiless = new Set(['GET', 'HEAD', 'get']);
const unknownId = 'ffffffffffffffffffffffff';

/**
 * What is there, as far as the answers say: it fills requests, and knows afterwards what has to be there
 * still. Nobody who may change the vault ever does.
 */
export class World {
  readonly services: Readonly<Record<Signer['who'], Service>>;
  readonly vaultRooms: readonly RoomAnswer[];
  /** A token for a room of the vault, which nobody uses. */
  readonly unusedToken: string;
  readonly nodes: readonly TestNode[];
  /** Those that are there to be drained and revoked. */
  readonly #spares: readonly TestNode[];
  /** Ids of services that requests made. */
  readonly made = new Set<string>();
  /** Tokens that were given, the newest last. */
  readonly #tokens: string[] = [];
  /** A header that was taken before. */
  #taken: string | undefined;
  #nonces = 0;
  /** Of who joined last. */
  #reentry = 'none';

  private constructor(
    parts: Pick<World, 'services' | 'vaultRooms' | 'unusedToken' | 'nodes'> & {
      spares: readonly TestNode[];
    },
  ) {
    this.#spares = parts.spares;
    this.services = parts.services;
    this.vaultRooms = parts.vaultRooms;
    this.unusedToken = parts.unusedToken;
    this.nodes = parts.nodes;
  }

  static async create(): Promise<World> {
    const nodes = [await startNode('eu-west'), await startNode('us-east')];
    const spares = [await startNode('ap-northeast', 1), await startNode('ap-northeast', 2)];
    const [app, vault, stranger] = [
      await makeService('app'),
      await makeService('vault'),
      await makeService('s'),
    ];
    const id = env.NUVE_SUPERSERVICE_ID;
    const superservice = { id, key: env.NUVE_SUPERSERVICE_KEY, rooms: new Set<string>() };
    const signer = { serviceid: vault.id, key: vault.key };
    const vaultRooms = [await createRoom('one', signer), await createRoom('two ✓', signer)];
    vaultRooms.forEach(({ _id }) => vault.rooms.add(_id));
    const roomId = vaultRooms[0]?._id ?? '';
    const unusedToken = await (
      await createToken(roomId, { regions: { allow: ['eu-west', 'us-east'] } }, signer)
    ).text();
    for (const node of nodes) {
      populate(node);
      await node.enter(roomId, { erizos: [], streams: [] });
    }
    const services = { super: superservice, app, vault, stranger };
    return new World({ services, vaultRooms, unusedToken, nodes, spares });
  }

  /**
   * What nodes say each second (Licode: `keepAlive`). An object that hears nothing for 10 s sleeps, and what
   * workerd lets it say then, for somebody who asks it, reaches its node only when that has spoken again.
   */
  async keepAlive(): Promise<void> {
    const told = [...this.nodes, ...this.#spares].map(async ({ peer, draining }) =>
      peer.call('node.keepAlive', { load: { ...idle, ...(draining ? { draining } : {}) } }),
    );
    // One that was revoked has no link any more.
    await Promise.allSettled(told);
  }

  /** Sends what was planned; undefined where no request can be made of it. */
  async send(plan: Plan): Promise<{ request: Request; answered: Answered } | undefined> {
    const sent = await this.#requestOf(plan);
    if (sent === undefined) {
      return undefined;
    }
    const response = await worker.fetch(sent.request, env, createExecutionContext());
    response.webSocket?.accept();
    response.webSocket?.close();
    const text = await response.text();
    const { route, parameters } = meantBy(sent.request);
    const answered = { route, method: plan.method, response, text };
    if (response.ok) {
      await this.#learn(sent, answered, parameters);
    }
    return { request: sent.request, answered };
  }

  /** What has to be there from now on, or no more. */
  async #learn(
    { signer, authorization }: Sent,
    answered: Answered,
    [id = '']: string[],
  ): Promise<void> {
    const { route, text } = answered;
    if (route?.row.caller === 'service' || route?.row.caller === 'superservice') {
      this.#taken = authorization;
    }
    switch (`${route?.method} ${route?.path}`) {
      case 'POST /rooms': {
        const { _id } = parseJson(RoomAnswer, text, 'room');
        signer.rooms.add(_id);
        await this.#enter(_id);
        break;
      }
      case 'DELETE /rooms/:room':
        signer.rooms.delete(id);
        break;
      case 'POST /services':
        this.made.add(parseJson(ServiceId, text, 'service id'));
        break;
      case 'DELETE /services/:service':
        this.made.delete(id);
        break;
      case 'POST /rooms/:room/tokens':
        this.#tokens.push(text);
        break;
      case 'POST /join':
      case 'POST /rejoin':
        this.#reentry = parseJson(JoinAnswer, text, 'joined').reentry;
        break;
      case 'DELETE /rooms/:room/users/:user':
        this.nodes.forEach(populate);
        break;
    }
  }

  /** Some rooms have somebody in them. */
  async #enter(roomId: string): Promise<void> {
    const node = this.nodes[this.#nonces % (8 * this.nodes.length)];
    await node?.enter(roomId, someFacts()).catch(unlessDeleted);
  }

  async #requestOf(plan: Plan): Promise<Sent | undefined> {
    const who = this.#signerOf(plan);
    const signer = this.services[who];
    const parameters = [...this.#parameters(plan, who)];
    const path = plan.route.path.replaceAll(/:\w+/g, () => parameters.shift() ?? '');
    const authorization = await this.#authorization(plan, signer);
    const { body, method } = plan;
    try {
      const headers = new Headers(plan.headers.map(([name, value]) => [name, value]));
      if (authorization !== undefined) {
        headers.append('authorization', authorization);
      }
      if (body?.type !== undefined) {
        headers.set('content-type', body.type);
      }
      const content = body === undefined || bodiless.has(method) ? null : this.#contentOf(body);
      const init = { method, headers, ...(content === null ? {} : { body: content }) };
      return { request: new Request(`${origin}${path}${plan.tail}`, init), signer, authorization };
    } catch {
      // No client can send it either.
      return undefined;
    }
  }

  /** Nobody changes what is in the vault: another one signs in the place of its owner. */
  #signerOf({ signer: { who, how }, method }: Plan): Signer['who'] {
    const isWrong = wrongs.some((wrong) => wrong === how);
    return who === 'vault' && !reads.has(method) && !isWrong ? 'app' : who;
  }

  *#parameters({ route, fills, method }: Plan, who: Signer['who']): Generator<string> {
    const names = route.path.split('/').filter((name) => name.startsWith(':'));
    for (const [index, name] of names.entries()) {
      const fill = fills[index] ?? { kind: 'unknown' };
      const by = { who, method, path: route.path };
      yield fill.kind === 'text' ? fill.text : this.#idOf(name, fill, by);
    }
  }

  #idOf(
    name: string,
    { kind }: Fill,
    by: { who: Signer['who']; method: string; path: string },
  ): string {
    const harmless = reads.has(by.method);
    switch (name) {
      case ':room': {
        const whose = kind === 'own' ? by.who : by.who === 'vault' ? 'app' : 'vault';
        const rooms = [...this.services[whose].rooms];
        // The oldest are deleted, so that there are never many.
        const index = by.method === 'DELETE' ? 0 : this.#nonces % Math.max(rooms.length, 1);
        return (kind === 'unknown' ? undefined : rooms[index]) ?? unknownId;
      }
      case ':service': {
        const id = harmless || by.who !== 'super' ? this.services.vault.id : [...this.made][0];
        return (kind === 'unknown' ? undefined : id) ?? unknownId;
      }
      case ':nodeId':
        return kind === 'own' ? nodeFor(by) : 'no-such-node';
      case ':user':
        return kind === 'own' ? 'ann' : 'nobody';
      default:
        return unknownId;
    }
  }

  async #authorization(plan: Plan, { id, key }: Service): Promise<string | undefined> {
    const { how, user } = plan.signer;
    this.#nonces += 1;
    const off_ms = how === 'stale' ? -400_000 : how === 'ahead' ? 400_000 : 0;
    const fields = {
      serviceid: how === 'unknown service' ? unknownId : id,
      timestamp: String(Date.now() + off_ms),
      cnonce: `fuzz ${this.#nonces}`,
      ...user,
    };
    if (plan.route.row.caller === 'node') {
      return `Bearer ${how === 'right' ? env.RIZOMA_ENROL_SECRET : id}`;
    }
    const header = await mauthHeader(how === 'wrong key' ? `${key}x` : key, fields);
    switch (how) {
      case 'none':
        return undefined;
      case 'sent before':
        return this.#taken;
      case 'changed':
        return header.replace(/mauth_cnonce=fuzz/, 'mauth_cnonce=other');
      case 'malformed':
        return `MAuth ${encodeURI(plan.tail)}${header.slice(0, this.#nonces % header.length)}`;
      case 'huge':
        return `${header},mauth_x=${'x'.repeat(100 * 1024)}`;
      case 'doubled':
        return `${header}, ${header}`;
      default:
        return header;
    }
  }

  #contentOf(body: NonNullable<Plan['body']>): BodyInit {
    const room = [...this.services.app.rooms].at(-1) ?? unknownId;
    const token = this.#tokens.at(-1) ?? 'none';
    const content =
      typeof body.content === 'string'
        ? body.content
            .replaceAll('$token', token)
            .replaceAll('$room', room)
            .replaceAll('$reentry', this.#reentry)
        : body.content;
    const bytes = typeof content === 'string' ? utf8(content) : content;
    return body.chunked ? inPieces(bytes) : bytes;
  }
}

/** Nodes that hold the vault are read alone; others are there to be drained, revoked and dialled for. */
function nodeFor({ method, path }: { method: string; path: string }): string {
  if (path.endsWith('/link')) {
    return 'ap-northeast-9';
  }
  const spare =
    method === 'DELETE' && path === '/nodes/:nodeId' ? 'ap-northeast-2' : 'ap-northeast-1';
  return reads.has(method) ? 'eu-west-1' : spare;
}

function populate(node: TestNode): void {
  node.users = [{ clientId: newUuid(), name: 'ann', role: 'presenter' }];
}

async function makeService(name: string): Promise<Service> {
  const key = `the key of ${name}`;
  const response = await request('POST', '/services', { name, key });
  return { id: v.parse(ServiceId, await response.json()), key, rooms: new Set() };
}

function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const piece = Math.max(1, Math.ceil(bytes.length / 3));
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) {
        controller.close();
      } else {
        controller.enqueue(bytes.slice(at, at + piece));
        at += piece;
      }
    },
  });
}

const routes = routesOf(httpApi).map((route) => ({ route, names: route.path.split('/') }));

/** The row that a request is for, by its path and its method, and the parameters in its path. */
function meantBy({ method, url }: Request): { route: HttpRoute | undefined; parameters: string[] } {
  const names = new URL(url).pathname.replace(/(?<=.)\/$/, '').split('/');
  const found = routes.find(
    (one) =>
      one.route.method === method &&
      one.names.length === names.length &&
      one.names.every(
        (name, at) => name === names[at] || (name.startsWith(':') && names[at] !== ''),
      ),
  );
  const parameters = names.filter((_, at) => found?.names[at]?.startsWith(':'));
  return { route: found?.route, parameters };
}

/** It may be deleted again by now. */
function unlessDeleted(thrown: unknown): void {
  if (!(thrown instanceof RizomaError) || thrown.code !== 'not_found') {
    throw thrown;
  }
}
