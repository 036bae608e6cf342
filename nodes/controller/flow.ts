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
  | { at: 'ready'; erizo: Erizo | undefined };

/** A stream that a client publishes, or subscribes to. */
export interface Flow {
  readonly streamId: string;
  /** Aborts the call that opens it. */
  readonly abort: AbortController;
  state: FlowState;
}

export function newFlow(streamId: string): Flow {
  return { streamId, abort: new AbortController(), state: { at: 'asked' } };
}

/** The process at which the flow is, where it is at one. */
export function erizoOf(flow: Flow): Erizo | undefined {
  return flow.state.at === 'asked' ? undefined : flow.state.erizo;
}

/** Whether the client has not been answered: so another attempt shows to nobody. */
export function isUntold(flow: Flow): boolean {
  return flow.state.at === 'asked' || flow.state.at === 'opening';
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
