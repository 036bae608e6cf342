/** The numbers of the controller that nobody else has to agree on, each with its unit and its reason. */
export const defaults = {
  /** Licode's socket.io: a ping each 10 s, and 5 s for its answer. */
  socketPing_ms: 10_000,
  socketPingTimeout_ms: 5_000,
  /** A socket that has not asked to join by then never will. */
  socketConnect_ms: 10_000,
  /** What a connection sends before somebody is let in over it: a handshake, and an answer to a ping. */
  strangerPackets: 8,
  /** Packets of a client that are no events, such as the answers to pings: each 10 s one. */
  otherPackets: { perSecond: 2, burst: 32 },
  /** A refused client reads why and hangs up by itself; after this we do. */
  refusal_ms: 1_000,
  /** Messages that a client has not confirmed. A directory's worth of news, and some; past it the client is lost. */
  unconfirmedMessages: 2_048,
  /** What publishers said that a client has not confirmed: 32 of the largest messages. */
  unconfirmedData_bytes: 2 * 1024 * 1024,
  /**
   * What a client may send in a second, beside confirmations of what it got: ten times what is answered. Past it
   * it is ended, as refusing it costs as much as serving it.
   */
  flood_perSecond: 2_000,
  /** Answers kept for a client that lost its socket before it heard them. */
  keptAnswers: 64,
  /** Requests of one client that wait for their answer; honest ones are its streams, coming and going. */
  waitingRequests: 256,
  /** Licode pings an ErizoJS each 5 s and gives it up after more than 2 misses. */
  erizoPing_ms: 5_000,
  erizoMisses: 2,
  /** Licode tries addPublisher and addSubscriber 3 times. */
  attempts: 3,
  /** Between two of them: a directory change travels between two continents in less. */
  attemptPause_ms: 400,
  /** What is restored in another process has come by then: the process may have to be started, and the client is asked. */
  restore_ms: 10_000,
  /**
   * A stream stays in the room for so long while its publisher is restored: a process starts in 5 s at the worst.
   * Others may be sent by way of the lost process meanwhile.
   */
  mourning_ms: 5_000,
  /** Before a way that broke is tried once more: another one is known by then where a process on it was lost. */
  brokenWay_ms: 1_000,
  /** How often ways are looked at while the edge is away, which does it as often. */
  ways_ms: 30_000,
  /** Streams of a process that move at a time: each costs its publisher some key frames, and goes two ways meanwhile. */
  reroutes: 8,
  /** Before a stream that could not move is tried again: who plays it by the way before has gone over by then. */
  rerouteAgain_ms: 10_000,
  /** A stream or subscription that meets so many lost processes in a row may be what ends them. */
  restorations: 3,
  /** Before an agent that is gone is dialled again: its supervisor restarts it in about as long. */
  agentRedial_ms: 1_000,
  /** A stream's stats are measured once in this time; Licode's pages ask each second or two. */
  statsPeriod_ms: 1_000,
  /** Before the controller of another node is dialled again: it restarts, or the network comes back. */
  neighbourRedial_ms: 1_000,
  /** An edge that is back by then was never away for others: a flap is dialled again in a quarter of it. */
  shareAfter_ms: 1_000,
  /**
   * How often streams that changed are looked at for those who subscribe by selectors: the first at once, and what changes
   * meanwhile together.
   */
  autoSubscribe_ms: 250,
  /** Of those that could not be had, how many are tried again at a time. */
  autoSubscribeRetries: 64,
  /** What a client may say in a second of what it wants by selectors; twice as often at once. */
  selectors_perSecond: 4,
  /** Streams that a client may begin to publish in a second, and twice as many at once as it may have: all here are told. */
  publications_perSecond: 10,
  /** Times that a client may come back in a second, and at once: each may take all that was not confirmed. */
  returns_perSecond: 1,
  returnsAtOnce: 5,
  /** Of the statistics of streams a client is sent so much in a second, and four times that at once. */
  stats_bytesPerSecond: 1024 * 1024,
  /** What a message costs beside its text, as it is charged and kept. */
  message_bytes: 64,
  /** For as many that a message of data goes to its publisher is charged once more. */
  subscribersPerCharge: 32,
  /** Before the edge is asked again after it refused for a while (`overloaded`, `timeout`). */
  edgeRetry_ms: 1_000,
  /** Changes of a directory that arrived before the one they follow. More means that one was lost. */
  earlyChanges: 64,
  /** For a stream that is to be recorded and is on its way: as long as its process may take to say that it flows. */
  arrival_ms: 20_000,
  /** Recordings of a room at a time: each is a file and a process that writes it. */
  recordings: 32,
  /** Beginnings and ends of recordings of a room that the edge is to be told of; more means that one is sent in a loop. */
  untoldRecordings: 1_024,
  /** Clients whose last ticket is remembered as used: 500 joins a second for as long as a ticket can live. */
  usedTickets: 100_000,
  /** Tickets of one client that the edge made in one millisecond, and that are told apart: it asks for one at a time. */
  ticketsOfOneMoment: 8,
  /** What Licode tells clients to send and receive at most when nothing is configured, in kbit/s. */
  defaultVideoBW: 300,
  maxVideoBW: 300,
} as const;
