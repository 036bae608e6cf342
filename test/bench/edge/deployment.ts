import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pino } from 'pino';
import * as v from 'valibot';
import { rootDir } from '../../../infra/paths.ts';
import { EdgeLink } from '../../../nodes/mesh/edge-link.ts';
import { Identity } from '../../../nodes/mesh/identity.ts';
import { systemClock } from '../../../protocol/clock.ts';
import { RoomAnswer } from '../../../protocol/contracts/rest.ts';
import { newUuid, newRoomId } from '../../../protocol/ids.ts';
import { mauthHeader } from '../../../protocol/mauth.ts';
import { testBindings } from '../../edge/bindings.ts';
import type { Wish } from './load.ts';
import { sendOne } from './load.ts';
import { Workerd } from './workerd.ts';

interface Service {
  readonly serviceid: string;
  readonly key: string;
}

const objects = {
  SERVICES: 'Services',
  SERVICE: 'Service',
  ROOM: 'Room',
  NODE: 'Node',
  MESH: 'Mesh',
} as const;

let nonces = 0;

/** A whole edge with one node, one service and one room, which the bench asks. */
export class Deployment {
  readonly workerd: Workerd;
  readonly room: string;
  readonly #service: Service;
  readonly #node: EdgeLink;

  private constructor(parts: { workerd: Workerd; node: EdgeLink; service: Service; room: string }) {
    this.workerd = parts.workerd;
    this.#node = parts.node;
    this.#service = parts.service;
    this.room = parts.room;
  }

  /** `others`: how many services there are besides, and how many rooms the service has besides. */
  static async create(options: {
    port: number;
    dir: string;
    others: { services: number; rooms: number };
  }): Promise<Deployment> {
    const { port, dir, others } = options;
    const vars = testBindings();
    const start = (): Promise<Workerd> =>
      Workerd.create({ entry: join(rootDir, 'edge', 'worker.ts'), objects, vars, port, dir });
    const superservice = {
      serviceid: vars['NUVE_SUPERSERVICE_ID'] ?? '',
      key: vars['NUVE_SUPERSERVICE_KEY'] ?? '',
    };
    const first = await start();
    const service = await makeService(first, superservice);
    const wish = await signed(service, 'POST', '/rooms', { name: 'the room' });
    const { _id: room } = v.parse(RoomAnswer, JSON.parse(await sendOne(first.url, wish)));
    for (let made = 0; made < others.services; made += 1) {
      await makeService(first, superservice);
    }
    await first.close();
    addRooms(join(dir, 'objects', objects.SERVICE), service, others.rooms);
    const workerd = await start();
    const node = await startNode(workerd, vars['RIZOMA_ENROL_SECRET'] ?? '');
    return new Deployment({ workerd, node, service, room });
  }

  /** Signed requests for the room. */
  reads(count: number): Promise<Wish[]> {
    return many(count, () => signed(this.#service, 'GET', `/rooms/${this.room}`));
  }

  /** Joins, each with a token of its own, which is made now. */
  async joins(count: number): Promise<Wish[]> {
    const path = `/rooms/${this.room}/tokens`;
    const user = { username: 'bench', role: 'presenter' };
    const asked = await many(count, () => signed({ ...this.#service, ...user }, 'POST', path, {}));
    const wishes: Wish[] = [];
    for (const wish of asked) {
      const token = await sendOne(this.workerd.url, wish);
      wishes.push({ method: 'POST', path: '/join', headers: {}, body: JSON.stringify({ token }) });
    }
    return wishes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#node.close();
    await this.workerd.close();
  }
}

async function many<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  return await Promise.all(Array.from({ length: count }, make));
}

async function signed(
  by: Service & { username?: string; role?: string },
  method: Wish['method'],
  path: string,
  body?: unknown,
): Promise<Wish> {
  const { key, ...fields } = by;
  nonces += 1;
  const timestamp = String(Date.now());
  const authorization = await mauthHeader(key, { ...fields, timestamp, cnonce: `${nonces}` });
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  return { method, path, headers: { authorization }, ...text };
}

async function makeService(workerd: Workerd, superservice: Service): Promise<Service> {
  const key = newUuid();
  const wish = await signed(superservice, 'POST', '/services', { name: 'bench', key });
  return { serviceid: v.parse(v.string(), JSON.parse(await sendOne(workerd.url, wish))), key };
}

/** Straight into the index of the service: only that could grow slow with their number. */
function addRooms(dir: string, { serviceid }: Service, count: number): void {
  for (const file of readdirSync(dir).filter((name) => name.endsWith('.sqlite'))) {
    const database = new DatabaseSync(join(dir, file));
    const isTable = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'service'");
    const isIt =
      isTable.get() !== undefined &&
      database.prepare('SELECT 1 FROM service WHERE id = ?').get(serviceid) !== undefined;
    if (isIt) {
      const insert = database.prepare('INSERT INTO rooms (id, name, room) VALUES (?, ?, ?)');
      database.exec('BEGIN');
      for (let made = 0; made < count; made += 1) {
        const room = { name: `room ${made}`, _id: newRoomId() };
        insert.run(room._id, room.name, JSON.stringify(room));
      }
      database.exec('COMMIT');
    }
    database.close();
  }
}

async function startNode(workerd: Workerd, enrolSecret: string): Promise<EdgeLink> {
  const log = pino({ level: 'silent' });
  const node = EdgeLink.create(
    {
      clock: systemClock,
      log,
      card: {
        nodeId: 'eu-west-1',
        epoch: newUuid(),
        region: 'eu-west',
        place: { lat: 53.35, lon: -6.26 },
        host: '127.0.0.1:8080',
        secure: false,
        agent: 'tcp://127.0.0.1:9000',
        version: '0.1.0',
      },
      load: () => ({ rooms: 0, clients: 0, cpu: 0, state: 'available' }),
      identity: await Identity.create({ log }, { stateDir: undefined }),
    },
    { url: workerd.url, enrolSecret, mediaIp: '127.0.0.1' },
  );
  if (!node.linked) {
    await new Promise<void>((resolve) => {
      const stop = node.listen({
        linked: () => {
          stop();
          resolve();
        },
      });
    });
  }
  return node;
}
