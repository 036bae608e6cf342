import type * as v from 'valibot';
import { errorCodes } from './errors.ts';
import type { ErrorCode } from './errors.ts';

/** Who may send a request: the rest is refused before the route is asked. */
export type Caller =
  /** Whoever reaches the edge. */
  | 'anybody'
  /** Whoever holds a token of the edge, in the body. */
  | 'token'
  /** A node, by the enrolment secret of its region or of the deployment. */
  | 'node'
  /** A service, which signs; rooms in the path are its own. */
  | 'service'
  /** The superservice alone, which signs. */
  | 'superservice';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a route answers where all is well: JSON, or text. */
export interface HttpAnswer {
  /** 200 unless it says otherwise. */
  status?: number;
  /** In words, for documents. */
  is: string;
  /** The shape of JSON. */
  json?: v.GenericSchema;
  /** Headers that say more, by name, in words. */
  headers?: Readonly<Record<string, string>>;
  /** Another content type than JSON's, or than `text/plain` where there is no schema. */
  type?: string;
}

/** One method of one path: what documents, checks and clients follow from. */
export interface HttpRow {
  /** Heading of the group it belongs to. */
  group: string;
  summary: string;
  /** What else one has to know, in sentences. */
  about?: string;
  caller: Caller;
  /** Shape of the body, JSON or form; what is sent, before defaults are filled in. */
  body?: v.GenericSchema;
  /** A body, for examples. */
  example?: unknown;
  /** Parameters behind `?`, all of them optional. */
  query?: Readonly<Record<string, { schema: v.GenericSchema; about: string }>>;
  /** Whether the name and the role of a user are signed with the request. */
  signsUser?: true;
  answer: HttpAnswer;
  /** Refusals in the words that Licode's clients know, by status. */
  words?: Readonly<Record<number, readonly string[]>>;
  /** Codes of the route's own problems; those of its caller and its body come besides. */
  errors: readonly ErrorCode[];
  /** May be sent again when no answer came. */
  idempotent: boolean;
  /** Nothing follows from it, though it is no GET. */
  dryRun?: true;
}

export type HttpApi = Readonly<Record<string, Readonly<Partial<Record<HttpMethod, HttpRow>>>>>;

/** Names of the parameters in a path: `'room' | 'user'` of `/rooms/:room/users/:user`. */
export type PathParameter<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathParameter<`/${Rest}`>
  : P extends `${string}:${infer Name}`
    ? Name
    : never;

/** One row of the table with where it stands. */
export interface HttpRoute {
  readonly path: string;
  readonly method: HttpMethod;
  readonly row: HttpRow;
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** All rows of a table, in its order. */
export function routesOf(api: HttpApi): HttpRoute[] {
  return Object.entries(api).flatMap(([path, rows]) =>
    methods.flatMap((method) => {
      const row = rows[method];
      return row === undefined ? [] : [{ path, method, row }];
    }),
  );
}

/** Whether a row is asked only for rooms of the service that signs. */
export function isAboutOwnRoom({ path, row }: HttpRoute): boolean {
  return row.caller === 'service' && /\/:room(\/|$)/.test(path);
}

/** Whether a route changes something for an app or an operator; participants who come are no change. */
export function isChange({ method, row }: HttpRoute): boolean {
  const isAsked = row.caller !== 'token' && row.caller !== 'node';
  return method !== 'GET' && isAsked && row.dryRun !== true;
}

/** The parameters of a path by their names, as they stand in it: `{ room: '…' }` of `/rooms/:room`. */
export function parametersAt(
  route: string,
  pathname: string,
): Readonly<Record<string, string | undefined>> {
  const parts = pathname.split('/');
  const named = route
    .split('/')
    .flatMap((name, index) => (name.startsWith(':') ? [[name.slice(1), parts[index]]] : []));
  return Object.fromEntries(named);
}

/** Every code that a route answers with, those of its caller and its body among them. */
export function errorsOf({ row, method }: HttpRoute): ErrorCode[] {
  const signed = row.caller === 'service' || row.caller === 'superservice';
  const codes: ErrorCode[] = [
    // Of a JWT whose scope does not allow it.
    ...(signed ? (['unauthorized', 'forbidden'] as const) : []),
    ...(row.body === undefined ? [] : (['bad_request'] as const)),
    // A body is measured whether the route reads it or not.
    ...(method === 'GET' ? [] : (['too_large'] as const)),
    ...row.errors,
    'rate_limited',
    'unavailable',
    'internal',
  ];
  return [...new Set(codes)];
}

/** Every refusal in words, those of its caller among them, by status. */
export function wordsOf(route: HttpRoute): Map<number, string[]> {
  const words = new Map<number, string[]>();
  const add = (status: number, text: string): void => {
    words.set(status, [...(words.get(status) ?? []), text]);
  };
  if (route.row.caller === 'superservice') {
    add(401, notSuperservice);
  }
  if (isAboutOwnRoom(route)) {
    add(404, noRoom);
  }
  for (const [status, texts] of Object.entries(route.row.words ?? {})) {
    texts.forEach((text) => add(Number(status), text));
  }
  return words;
}

/** Everything that a route may answer with one status. */
export interface RouteAnswer {
  readonly status: number;
  /** What it is where all is well. */
  readonly well: HttpAnswer | undefined;
  /** Refusals in words, and those that are problems. */
  readonly words: readonly string[];
  readonly codes: readonly ErrorCode[];
}

/** Everything that a route may answer, by status. */
export function answersOf(route: HttpRoute): RouteAnswer[] {
  const { answer } = route.row;
  const well = answer.status ?? 200;
  const codes = errorsOf(route);
  const words = wordsOf(route);
  const statuses = [well, ...words.keys(), ...codes.map((code) => errorCodes[code].http)];
  return [...new Set(statuses)]
    .sort((a, b) => a - b)
    .map((status) => ({
      status,
      well: status === well ? answer : undefined,
      words: words.get(status) ?? [],
      codes: codes.filter((code) => errorCodes[code].http === status),
    }));
}

/** The row that takes a request, by its path and method; HEAD is taken where GET is. */
export function routeAt(api: HttpApi, method: string, pathname: string): HttpRoute | undefined {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const parts = pathname.replace(/\/$/, '').split('/');
  return routesOf(api).find(({ path, method: own }) => {
    const names = path.split('/');
    return (
      own === wanted &&
      names.length === parts.length &&
      names.every((name, index) => name.startsWith(':') || name === parts[index])
    );
  });
}

/** What Licode answers a service that asks for what is the superservice's. */
export const notSuperservice = 'Service not authorized for this action';
/** What Licode answers where there is no such room, or it is another service's. */
export const noRoom = 'Room does not exist';
