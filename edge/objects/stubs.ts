import { RizomaError } from '../../protocol/errors.ts';
import { jurisdictionOf } from '../../protocol/ids.ts';
import type { Place } from '../../protocol/place.ts';
import { locationHintOf } from '../placement/location-hint.ts';
import type { MeshApi, NodeApi, RoomApi, ServiceApi, ServicesApi } from './api.ts';
import { callsOf } from './calls.ts';

/** What the environment of the Worker holds beside the variables that `config.ts` parses. */
export interface Bindings {
  readonly SERVICES: DurableObjectNamespace;
  readonly SERVICE: DurableObjectNamespace;
  readonly ROOM: DurableObjectNamespace;
  readonly NODE: DurableObjectNamespace;
  readonly MESH: DurableObjectNamespace;
}

/*
 * The one place where the stub of an object gets its type. The platform's own types lose every result
 * that holds `unknown`, as the attributes of streams do.
 */
function stubOf<Api extends object>(
  namespace: DurableObjectNamespace,
  name: string,
  options?: DurableObjectNamespaceGetDurableObjectOptions,
): Api {
  const id = namespace.idFromName(name);
  return callsOf(() => namespace.get(id, options));
}

export const servicesOf = (env: Bindings): ServicesApi => stubOf(env.SERVICES, 'services');
export const serviceOf = (env: Bindings, serviceId: string): ServiceApi =>
  stubOf(env.SERVICE, serviceId);
export const nodeOf = (env: Bindings, nodeId: string): NodeApi => stubOf(env.NODE, nodeId);
export const meshOf = (env: Bindings): MeshApi => stubOf(env.MESH, 'mesh');

/**
 * The object of a room, in the jurisdiction that its id tells. Where the object is made is decided by
 * the first call: `near` then says where its participants will be. Throws `not_found` on a platform
 * without jurisdictions, where no such room can be.
 */
export function roomOf(env: Bindings, roomId: string, near?: Place): RoomApi {
  const jurisdiction = jurisdictionOf(roomId);
  if (jurisdiction === undefined) {
    const options = near === undefined ? undefined : { locationHint: locationHintOf(near) };
    return stubOf(env.ROOM, roomId, options);
  }
  return stubOf(within(env.ROOM, jurisdiction), roomId);
}

function within(
  namespace: DurableObjectNamespace,
  jurisdiction: DurableObjectJurisdiction,
): DurableObjectNamespace {
  try {
    return namespace.jurisdiction(jurisdiction);
  } catch (cause) {
    throw new RizomaError('not_found', 'Room does not exist', { cause });
  }
}
