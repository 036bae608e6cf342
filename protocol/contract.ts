import type * as v from 'valibot';
import type { ErrorCode } from './errors.ts';

/** A call: a request that is answered once, after any number of parts. */
export interface CallRow {
  params: v.GenericSchema;
  result: v.GenericSchema;
  /** What comes before the answer, in order (Licode: `initializing`, `ready`, …). */
  part?: v.GenericSchema;
  /** The codes that the handler itself answers with; the link's own are always possible. */
  errors: readonly ErrorCode[];
  /** How long the caller waits for the answer. */
  timeout_ms: number;
  /** May be sent again when no answer came. */
  idempotent: boolean;
}

/** A message that is not answered. */
export interface NotifyRow {
  params: v.GenericSchema;
  notify: true;
}

/** The methods that one side of a link offers to the other. */
export type Contract = Record<string, CallRow | NotifyRow>;

type RowsOf<C extends Contract, Kind> = {
  [M in keyof C & string]: C[M] extends Kind ? M : never;
}[keyof C & string];

export type CallsOf<C extends Contract> = RowsOf<C, CallRow>;
export type NotificationsOf<C extends Contract> = RowsOf<C, NotifyRow>;

/** What the caller gives: before the schema fills in its defaults. */
export type ParamsIn<C extends Contract, M extends keyof C> = v.InferInput<C[M]['params']>;
/** What the handler is given. */
export type ParamsOf<C extends Contract, M extends keyof C> = v.InferOutput<C[M]['params']>;
export type ResultOf<C extends Contract, M extends keyof C> = C[M] extends CallRow
  ? v.InferOutput<C[M]['result']>
  : never;
export type PartOf<C extends Contract, M extends keyof C> = C[M] extends { part: infer P }
  ? P extends v.GenericSchema
    ? v.InferOutput<P>
    : never
  : never;

/** What a handler knows of the call beside its parameters. */
export interface CallContext<Part> {
  /** Aborts when the caller gave up, its time is over or the link went down. */
  signal: AbortSignal;
  /** What is left of the caller's time. */
  remaining_ms: number;
  /** Sends a part of the answer. */
  part(value: Part): void;
}

/** The handlers of a contract, one a row; the compiler knows when one is missing. */
export type Handlers<C extends Contract> = {
  [M in keyof C & string]: C[M] extends CallRow
    ? (params: ParamsOf<C, M>, context: CallContext<PartOf<C, M>>) => Promise<ResultOf<C, M>>
    : (params: ParamsOf<C, M>) => void;
};
