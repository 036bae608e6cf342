import type { MeshApi, NodeApi, RoomApi, ServiceApi, ServicesApi } from './api.ts';

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
function stubOf<Api>(namespace: DurableObjectNamespace, name: string): Api {
  return namespace.get(namespace.idFromName(name)) as unknown as Api;
}

export const servicesOf = (env: Bindings): ServicesApi => stubOf(env.SERVICES, 'services');
export const serviceOf = (env: Bindings, serviceId: string): ServiceApi =>
  stubOf(env.SERVICE, serviceId);
export const roomOf = (env: Bindings, roomId: string): RoomApi => stubOf(env.ROOM, roomId);
export const nodeOf = (env: Bindings, nodeId: string): NodeApi => stubOf(env.NODE, nodeId);
export const meshOf = (env: Bindings): MeshApi => stubOf(env.MESH, 'mesh');
