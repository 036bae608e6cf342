import { systemClock } from '../../../../protocol/clock.ts';
import type { ParamsOf } from '../../../../protocol/contract.ts';
import type {
  ErizoToController,
  SdpMessage,
} from '../../../../protocol/contracts/controller-erizo.ts';
import type { RecordingEnd } from '../../../../protocol/contracts/external-media.ts';
import {
  controllerToErizo,
  erizoToController,
} from '../../../../protocol/contracts/controller-erizo.ts';
import { newUuid } from '../../../../protocol/ids.ts';
import type { Link } from '../../../../protocol/link.ts';
import { RpcPeer } from '../../../../protocol/rpc-peer.ts';
import type { Participant } from './participant.ts';
import type { TestErizo } from './test-erizo.ts';
import { controllerIn } from './wires.ts';

const clock = systemClock;

type Failure = ParamsOf<ErizoToController, 'streamFailed'>;

/** The controller of the test, with a link to one process. */
export class TestController {
  readonly peer: RpcPeer<typeof controllerToErizo, typeof erizoToController>;
  readonly failures: Failure[] = [];
  readonly alerts: ParamsOf<ErizoToController, 'bandwidthAlert'>[] = [];
  readonly qualities: ParamsOf<ErizoToController, 'qualityLevel'>[] = [];
  /** Up to which layer video was wanted of the publishers here, one after the other. */
  readonly wanted: (number | null)[] = [];
  /** Whose videos each client is sent that wants the last few. */
  readonly shown = new Map<string, string[]>();
  /** Who spoke, one after the other. */
  readonly speakers: string[] = [];
  /** Who was heard, the loudest first, at each telling. */
  readonly levels: string[][] = [];
  readonly participants = new Map<string, Participant>();
  onInputEnded: (streamId: string) => void = () => undefined;
  readonly #ends = new Map<string, PromiseWithResolvers<RecordingEnd>>();
  #onFailure: () => void = () => undefined;
  /** Told of each description that comes for a client. */
  onMessage: (clientId: string, connectionId: string, msg: SdpMessage) => void = () => undefined;

  static dial(erizo: TestErizo, id: string = newUuid()): TestController {
    const hello = JSON.stringify({ kind: 'controller', id });
    const controller = new TestController(
      controllerIn(erizo.hop.region).dial({ to: erizo.hop, hello, name: 'test' }),
    );
    erizo.controllers.push(controller);
    return controller;
  }

  constructor(link: Link) {
    this.peer = RpcPeer.create(
      {
        link,
        clock,
        handlers: {
          connectionMessage: ({ clientId, connectionId, msg }) => {
            // An endpoint that a test has closed meanwhile answers nothing.
            this.participants
              .get(clientId)
              ?.onMessage(connectionId, msg)
              .catch(() => undefined);
            this.onMessage(clientId, connectionId, msg);
          },
          inputEnded: ({ streamId }) => this.onInputEnded(streamId),
          recordingEnded: (ended) => this.#recordingsEnded(ended.recordingId).resolve(ended.end),
          streamFailed: (failure) => {
            this.failures.push(failure);
            this.#onFailure();
          },
          layersWanted: ({ clientId, spatial }) => {
            this.wanted.push(spatial);
            this.participants
              .get(clientId)
              ?.sendUpTo(spatial)
              .catch(() => undefined);
          },
          bandwidthAlert: (alert) => this.alerts.push(alert),
          qualityLevel: (told) => this.qualities.push(told),
          videosShown: ({ clientId, streamIds }) => this.shown.set(clientId, streamIds),
          load: () => undefined,
          activeSpeaker: ({ streamId }) => this.speakers.push(streamId),
          audioLevels: ({ levels }) => this.levels.push(levels.map(({ streamId }) => streamId)),
        },
      },
      {
        outgoing: controllerToErizo,
        incoming: erizoToController,
        onFault: (fault) => console.error('fault', fault),
      },
    );
  }

  /** Removes its clients, and closes its link. */
  async leave(): Promise<void> {
    const removals = [...this.participants.keys()].map((clientId) =>
      this.peer.call('removeClient', { clientId }),
    );
    // They fail where the test has removed the client, closed the link, or ended the process.
    await Promise.allSettled(removals);
    this.peer.close();
  }

  /** How a recording ended, as soon as it is told. */
  recordingEnded(recordingId: string): Promise<RecordingEnd> {
    return this.#recordingsEnded(recordingId).promise;
  }

  #recordingsEnded(recordingId: string): PromiseWithResolvers<RecordingEnd> {
    const known = this.#ends.get(recordingId) ?? Promise.withResolvers<RecordingEnd>();
    this.#ends.set(recordingId, known);
    return known;
  }

  /** The next failure that is told. */
  nextFailure(): Promise<Failure> {
    const known = this.failures.length;
    return new Promise((done) => {
      this.#onFailure = () => {
        const failure = this.failures[known];
        if (failure !== undefined) {
          done(failure);
        }
      };
    });
  }
}
