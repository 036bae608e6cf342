import type { RoomsPage, ServiceEntry } from '../objects/api.ts';
import { serviceOf } from '../objects/stubs.ts';
import type { Bindings } from '../objects/stubs.ts';
import { settledOf, valueOf } from '../objects/outcome.ts';

/** The rooms of a service as a JSON array, a page at a time: there may be more than fit the memory. */
export async function* roomsText(env: Bindings, serviceId: string): AsyncGenerator<string> {
  const service = serviceOf(env, serviceId);
  let separator = '[';
  let after: number | undefined = 0;
  while (after !== undefined) {
    const { rooms, next }: RoomsPage = await valueOf(service.rooms({ after }));
    for (const room of rooms) {
      yield `${separator}${JSON.stringify(room)}`;
      separator = ',';
    }
    after = next;
  }
  yield separator === '[' ? '[]' : ']';
}

/** A service as Licode answers it, with all its rooms. */
export async function* serviceText(
  env: Bindings,
  service: ServiceEntry & { key: string },
): AsyncGenerator<string> {
  const { id: _id, name, key } = service;
  yield `${JSON.stringify({ _id, name, key }).slice(0, -1)},"rooms":`;
  yield* roomsText(env, _id);
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
  for (const { id } of listed) {
    const about = await settledOf(serviceOf(env, id).about());
    if (about.ok) {
      yield ',';
      yield* serviceText(env, about.value);
    }
  }
  yield ']';
}
