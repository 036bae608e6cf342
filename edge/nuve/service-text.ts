import type { RoomsPage, ServiceEntry, WholeService } from '../objects/api.ts';
import { settledOf, valueOf } from '../objects/outcome.ts';
import { serviceOf } from '../objects/stubs.ts';
import type { Bindings } from '../objects/stubs.ts';

const defaults = {
  /** Services that are asked at a time: their first rooms, of 64 KiB each, are some 10 MiB together. */
  atOnce: 16,
} as const;

/** The rooms of a service as a JSON array, a page at a time: there may be more than fit the memory. */
export async function* roomsText(
  env: Bindings,
  serviceId: string,
  first?: RoomsPage,
): AsyncGenerator<string> {
  const service = serviceOf(env, serviceId);
  let separator = '[';
  let page = first ?? (await valueOf(service.rooms({ after: 0 })));
  for (;;) {
    for (const room of page.rooms) {
      yield `${separator}${JSON.stringify(room)}`;
      separator = ',';
    }
    if (page.next === undefined) {
      break;
    }
    page = await valueOf(service.rooms({ after: page.next }));
  }
  yield separator === '[' ? '[]' : ']';
}

/** A service as Licode answers it, with all its rooms. */
export async function* serviceText(
  env: Bindings,
  service: ServiceEntry & { key: string; first?: RoomsPage },
): AsyncGenerator<string> {
  const { id: _id, name, key, first } = service;
  yield `${JSON.stringify({ _id, name, key }).slice(0, -1)},"rooms":`;
  yield* roomsText(env, _id, first);
  yield '}';
}

/** The superservice, and those that are listed, without those that are deleted meanwhile. */
export async function* servicesText(
  env: Bindings,
  superservice: ServiceEntry & { key: string },
  listed: readonly ServiceEntry[],
): AsyncGenerator<string> {
  yield '[';
  yield* serviceText(env, superservice);
  for (let at = 0; at < listed.length; at += defaults.atOnce) {
    for (const service of await wholeOf(env, listed.slice(at, at + defaults.atOnce))) {
      yield ',';
      yield* serviceText(env, service);
    }
  }
  yield ']';
}

/** Asks all at once. */
async function wholeOf(env: Bindings, listed: readonly ServiceEntry[]): Promise<WholeService[]> {
  const answers = await Promise.all(listed.map(({ id }) => settledOf(serviceOf(env, id).about())));
  return answers.flatMap((about) => (about.ok ? [about.value] : []));
}
