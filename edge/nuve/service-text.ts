import type { RoomsPage } from '../objects/api.ts';
import { serviceOf } from '../objects/stubs.ts';
import type { Bindings } from '../objects/stubs.ts';
import { valueOf } from '../objects/outcome.ts';

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
