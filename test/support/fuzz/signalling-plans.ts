import fc from 'fast-check';
import * as contract from '../../../protocol/contracts/client.ts';
import { anything, text, valuesOf } from './shapes.ts';

/** What a client of a fuzz does next. In values a `$name` stands for what is known when it is done. */
export type Plan =
  | { kind: 'event'; who: number; event: string; body: unknown; number: Numbering; pick: number }
  | { kind: 'raw'; who: number; packet: string }
  | { kind: 'socket'; who: number; how: 'cut' | 'leave' }
  | { kind: 'trouble'; how: Trouble; pick: number };

/** How a message is numbered: as it has to be, as one before, or not at all. */
export type Numbering = 'next' | 'again' | 'none' | 'odd';

/** What happens to the processes around the controller. */
export type Trouble = 'dies' | 'exits' | 'refuses' | 'fails' | 'edge away' | 'edge back';

/** Streams and connections by whose they are, `$gone` being nobody's any more. */
export const references = ['own', 'other', 'gone', 'connection', 'foreign', 'recording'] as const;

const stream = fc.constantFrom('$own', '$own', '$other', '$other', '$gone');
const connection = fc.constantFrom('$connection', '$connection', '$connection', '$foreign');
const bool = fc.boolean();

const publish = fc.record({
  options: fc.record(
    {
      state: fc.constantFrom('erizo', 'erizo', 'data', 'data', 'url', 'recording', 'p2p'),
      audio: bool,
      video: fc.oneof(bool, fc.constant({ width: 640 })),
      data: bool,
      screen: bool,
      label: text,
      attributes: fc.dictionary(text, text, { maxKeys: 3 }),
      muteStream: fc.record({ audio: bool, video: bool }),
      number: fc.nat(40),
    },
    { requiredKeys: ['state', 'audio', 'video', 'data'] },
  ),
});

const msg = fc.oneof(
  fc.record({ type: fc.constantFrom('offer', 'answer'), sdp: fc.constantFrom('v=0', '', '$long') }),
  fc.record({ type: fc.constantFrom('offer-error', 'failed', 'candidate', 'bye') }),
);

/** What clients send when they mean it. */
const lively = new Map<string, fc.Arbitrary<unknown>>(
  Object.entries({
    publish,
    unpublish: stream,
    subscribe: fc.record({ options: fc.record({ streamId: stream, audio: bool, video: bool }) }),
    unsubscribe: stream,
    getStreamStats: stream,
    connectionMessage: fc.record({ options: fc.record({ connectionId: connection, msg }) }),
    streamMessage: fc.record({
      options: fc.record({
        streamId: stream,
        msg: fc.record({
          type: fc.constantFrom('updatestream', 'control'),
          config: fc.record({ maxVideoBW: fc.nat(5_000), slideShowMode: bool }),
        }),
      }),
    }),
    sendDataStream: fc.record({ id: stream, msg: fc.oneof(anything, fc.constant('$long')) }),
    updateStreamAttributes: fc.record({ id: stream, attrs: fc.dictionary(text, text) }),
    startRecorder: fc.record({ to: stream }),
    stopRecorder: fc.record({ id: fc.constantFrom('$recording', '$own') }),
    heartbeat: fc.constant(undefined),
    clientDisconnection: fc.constant(undefined),
  }),
);

const wellFormed = new Map(
  Object.entries({
    publish: contract.PublishMessage,
    subscribe: contract.SubscribeMessage,
    unpublish: contract.StreamIdMessage,
    unsubscribe: contract.StreamIdMessage,
    getStreamStats: contract.StreamIdMessage,
    connectionMessage: contract.ConnectionMessage,
    streamMessage: contract.StreamMessage,
    streamMessageP2P: contract.P2pMessage,
    sendDataStream: contract.SendDataMessage,
    updateStreamAttributes: contract.UpdateAttributesMessage,
    startRecorder: contract.StartRecorderMessage,
    stopRecorder: contract.StopRecorderMessage,
  }).map(([event, schema]) => [event, valuesOf(schema)]),
);

/** Whoever says that it leaves has to join again, which costs more than all else: few do. */
const events = contract.clientEvents.filter((event) => event !== 'clientDisconnection');
const names = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(...events) },
  { weight: 1, arbitrary: fc.constant('clientDisconnection') },
  { weight: 2, arbitrary: fc.constantFrom('constructor', '__proto__', 'error', 'x'.repeat(5_000)) },
  { weight: 2, arbitrary: fc.string({ maxLength: 10 }).map((name) => `${name}.`) },
);

const event: fc.Arbitrary<Plan> = names.chain((name) =>
  fc.record({
    kind: fc.constant('event' as const),
    who: fc.nat(),
    event: fc.constant(name),
    body: fc.oneof(
      { weight: 6, arbitrary: lively.get(name) ?? anything },
      { weight: 2, arbitrary: wellFormed.get(name) ?? anything },
      { weight: 1, arbitrary: anything },
    ),
    number: fc.oneof(
      { weight: 12, arbitrary: fc.constant('next' as const) },
      { weight: 1, arbitrary: fc.constantFrom('again' as const, 'none' as const, 'odd' as const) },
    ),
    pick: fc.nat(),
  }),
);

/** Text of Engine.IO and socket.io that no client's library writes. */
const raw: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constant('raw' as const),
  who: fc.nat(),
  packet: fc.oneof(
    fc.constantFrom('2', '2[', '2["disconnect"]', '2["newListener",1]', '0{"sid":1}', '1', '3[]'),
    fc.constantFrom('4"x"', '5', '51-["publish",{"_placeholder":true,"num":0}]', '2999["publish"]'),
    fc.string({ maxLength: 30 }),
  ),
});

export const plans: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 600, arbitrary: event },
  { weight: 2, arbitrary: raw },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('socket' as const),
      who: fc.nat(),
      how: fc.constantFrom('cut' as const, 'leave' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('trouble' as const),
      how: fc.constantFrom<Trouble>('dies', 'exits', 'refuses', 'fails', 'edge away', 'edge back'),
      pick: fc.nat(),
    }),
  },
);
