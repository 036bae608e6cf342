import type { HttpApi } from '../../http-contract.ts';
import { NodeId, RoomId, ServiceId } from '../../ids.ts';
import { limits } from '../../limits.ts';
import * as v from 'valibot';
import { openApi } from './open.ts';
import { operationsApi } from './operations.ts';
import { roomsApi } from './rooms.ts';
import { servicesApi } from './services.ts';
import { webhooksApi } from './webhooks.ts';

/**
 * The HTTP API of the edge: a row for each method of each path. The Worker's routes and who may call
 * them, the OpenAPI document, the pages about it and the server SDK all follow from it.
 */
export const httpApi = {
  ...roomsApi,
  ...servicesApi,
  ...openApi,
  ...webhooksApi,
  ...operationsApi,
} as const satisfies HttpApi;

/** The parameters that paths have, by name. */
export const pathParameters: Readonly<
  Record<string, { readonly schema: v.GenericSchema; readonly is: string }>
> = {
  room: { schema: RoomId, is: 'id of the room' },
  user: { schema: v.pipe(v.string(), v.maxLength(limits.name_chars)), is: 'name of the user' },
  service: { schema: ServiceId, is: 'id of the service' },
  event: { schema: v.pipe(v.string(), v.uuid()), is: 'id of the event' },
  nodeId: { schema: NodeId, is: 'id of the node' },
};

type Api = typeof httpApi;
export type HttpPath = keyof Api;
export type MethodOf<P extends HttpPath> = keyof Api[P] & string;
/** Anything of each row, by path and method: what handles it, for one. */
export type ForEachRoute<T> = { readonly [P in HttpPath]: { readonly [M in MethodOf<P>]: T } };
