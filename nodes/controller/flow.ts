import type { StreamConfig } from '../../protocol/contracts/controller-erizo.ts';
import type { RizomaError } from '../../protocol/errors.ts';
import type { Erizo } from './erizos.ts';

/** How far a stream of a client has come. */
export type FlowState =
  /** Asked for; the client has not been answered. */
  | { at: 'asked' }
  /** Its process prepares an offer; `tell` answers the client, for which the offer is. */
  | { at: 'opening'; erizo: Erizo; tell: () => void }
  /** The client was told its connection and negotiates on it. */
  | { at: 'negotiating'; erizo: Erizo }
  /** Media flows; data streams have no process. */
  | { at: 'ready'; erizo: Erizo | undefined }
  /** Its process was lost, or the way to it: it comes again by itself, from the process where there is one yet. */
  | { at: 'restoring'; erizo: Erizo | undefined };

/** A stream that a client publishes, or subscribes to. */
export interface Flow {
  readonly streamId: string;
  /** Of a stream that is published: which of its client's it is. */
  number: number | undefined;
  /** Aborts the call that opens it. */
  readonly abort: AbortController;
  state: FlowState;
  /** As it was asked for, and changed since. */
  config: StreamConfig;
  /** What its client gets of it. */
  tracks: number;
  /** Opens it in the process of its state, over a connection that was restored there. Never rejects. */
  again: ((connectionId: string) => Promise<void>) | undefined;
  /** The same, of a stream that needs no connection: it comes from a file or a camera. */
  reopen: (() => Promise<void>) | undefined;
  /** The processes that it comes through; undefined where that says nothing of the next way. */
  way: string | undefined;
  /** How often it was to come again since media last flowed. */
  restored: number;
}

export function newFlow(streamId: string, config: StreamConfig = {}): Flow {
  const abort = new AbortController();
  const state: FlowState = { at: 'asked' };
  return {
    streamId,
    number: undefined,
    abort,
    state,
    config,
    tracks: 0,
    again: undefined,
    reopen: undefined,
    way: undefined,
    restored: 0,
  };
}

/** The process at which the flow is, where it is at one. */
export function erizoOf(flow: Flow): Erizo | undefined {
  return flow.state.at === 'asked' ? undefined : flow.state.erizo;
}

/** Whether the client has not been answered: so another attempt shows to nobody. */
export function isUntold(flow: Flow): boolean {
  return flow.state.at === 'asked' || flow.state.at === 'opening';
}

/** Whether the flow still waits for what the process does for it. */
export function isRestoringAt(flow: Flow, erizo: Erizo): boolean {
  const { state, abort } = flow;
  return state.at === 'restoring' && state.erizo === erizo && !abort.signal.aborted;
}

/** Why a flow ended by itself, for its client. */
export interface Failure {
  code: string;
  message: string;
}

/** What an ErizoJS calls the reasons, in words for people. */
export const failures: Record<'transport' | 'upstream' | 'refused' | 'erizo', Failure> = {
  transport: { code: 'transport', message: 'the media connection was lost: try again' },
  upstream: { code: 'upstream', message: 'the way to the publisher was lost: try again' },
  refused: { code: 'refused', message: 'the client took no part of the stream' },
  erizo: { code: 'unavailable', message: 'the media process was lost: another one serves you now' },
};

/** Why a call that was opening a flow failed, for its client. */
export function failureOf(error: RizomaError): Failure {
  return error.code === 'link_down' ? failures.erizo : { code: error.code, message: error.message };
}
