import { DurableObject } from 'cloudflare:workers';
import { RizomaError } from '../../protocol/errors.ts';
import { newHexId } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { configOf } from '../config.ts';
import type { Trace } from '../log.ts';
import { createLog } from '../log.ts';
import type { ServiceEntry, ServicesApi } from './api.ts';
import type { Bindings } from './stubs.ts';
import { serviceOf } from './stubs.ts';
import type { Outcome } from './outcome.ts';
import { outcomeOf, valueOf } from './outcome.ts';

const log = createLog({ object: 'services' });

/** The list of services (Licode: the collection `services`). Never on the path of an ordinary request. */
export class Services extends DurableObject<Bindings> implements ServicesApi {
  readonly #sql: SqlStorage;
  /** How many are listed, once they were counted. */
  #listed: number | undefined;
  /** Those that are being made. */
  #making = 0;

  constructor(context: DurableObjectState, env: Bindings) {
    super(context, env);
    this.#sql = context.storage.sql;
    this.#sql.exec('CREATE TABLE IF NOT EXISTS services (id TEXT PRIMARY KEY, name TEXT NOT NULL)');
  }

  create(service: { name: string; key: string }, trace?: Trace): Promise<Outcome<string>> {
    return outcomeOf(log.of(trace), async () => {
      this.#demandPlace();
      this.#making += 1;
      try {
        return await this.#make(service, trace);
      } finally {
        this.#making -= 1;
      }
    });
  }

  delete(serviceId: string, trace?: Trace): Promise<Outcome<null>> {
    return outcomeOf(log.of(trace), async () => {
      const isListed = this.#sql.exec('SELECT 1 FROM services WHERE id = ?', serviceId);
      const isSuperservice = serviceId === configOf(this.env).superservice.id;
      if (isListed.toArray().length === 0 && !isSuperservice) {
        throw new RizomaError('not_found', 'Service not found');
      }
      await valueOf(serviceOf(this.env, serviceId).remove(serviceId, trace));
      // Unlisted last: where the removal failed it can be asked for again.
      this.#sql.exec('DELETE FROM services WHERE id = ?', serviceId);
      this.#listed = undefined;
      log.info('a service was deleted', { serviceId, ...trace });
      return null;
    });
  }

  list(): Promise<Outcome<ServiceEntry[]>> {
    return outcomeOf(log, () =>
      this.#sql
        .exec<{ id: string; name: string }>('SELECT id, name FROM services ORDER BY name, id')
        .toArray(),
    );
  }

  async #make(service: { name: string; key: string }, trace: Trace | undefined): Promise<string> {
    const id = newHexId();
    const { name, key } = service;
    await valueOf(serviceOf(this.env, id).found({ id, name, key }));
    // Listed last: what is in the list can be used.
    this.#sql.exec('INSERT INTO services (id, name) VALUES (?, ?)', id, name);
    this.#listed = this.#listed === undefined ? undefined : this.#listed + 1;
    log.info('a service was made', { serviceId: id, ...trace });
    return id;
  }

  #demandPlace(): void {
    this.#listed ??= this.#sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM services').one().n;
    if (this.#listed + this.#making >= limits.services) {
      throw new RizomaError(
        'quota_reached',
        `the deployment has ${limits.services} services, which is all that it may have: delete some`,
        { details: { quota: 'services', limit: limits.services } },
      );
    }
  }
}
