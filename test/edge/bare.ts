import { DurableObject } from 'cloudflare:workers';
import { Hono } from 'hono';

/** An object that keeps one value, as a room is kept: in its storage, and in memory since it started. */
export class Kept extends DurableObject {
  readonly #value: string;

  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env);
    const { sql } = context.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS kept (only INTEGER PRIMARY KEY, value TEXT NOT NULL)');
    sql.exec("INSERT OR IGNORE INTO kept VALUES (1, 'a room')");
    this.#value = sql.exec<{ value: string }>('SELECT value FROM kept').one().value;
  }

  get(): { name: string } {
    return { name: this.#value };
  }
}

interface BareEnv {
  Bindings: { KEPT: DurableObjectNamespace<Kept> };
}

/** What the bench measures the edge against: one route with one call of an object, and nothing else. */
const app = new Hono<BareEnv>();

app.get('/rooms/:room', async (context) => {
  const { KEPT } = context.env;
  const { name } = await KEPT.get(KEPT.idFromName(context.req.param('room'))).get();
  return context.json({ name });
});

app.post('/join', async (context) => {
  const { KEPT } = context.env;
  const { token } = await context.req.json<{ token: string }>();
  const { name } = await KEPT.get(KEPT.idFromName('the room')).get();
  return context.json({ name, token });
});

export default app;
