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
  /** What a connection sends, in bytes, before somebody is let in over it: a handshake has some hundred. */
  strangerTalk_bytes: { perSecond: 16 * 1024, burst: 64 * 1024 },
  /**
   * What a client sends in bytes, over all its connections: twice the data that it may send to others; and a burst of all that
   * it may send of each kind. What comes faster is read later.
   */
  talk_bytesPerSecond: 512 * 1024,
  talkAtOnce_bytes: 2 * 1024 * 1024,
  /**
   * SDPs of a client: streams that come and go on a connection with thirty, once or twice a second; and a burst in which 32
   * come to one connection one by one. Each byte is dear to the process that reads it.
   */
  descriptions_bytesPerSecond: 128 * 1024,
  descriptionsAtOnce_bytes: 4 * 1024 * 1024,
  /** What is to go out to a client and is not taken: past the first it misses data, past the second it is ended. */
  unsentData_bytes: 2 * 1024 * 1024,
  unsent_bytes: 8 * 1024 * 1024,
  /** So much may still go out when a connection ends: answers, and what is said last. With more it is cut. */
  farewell_bytes: 1024 * 1024,
  /** Messages that a client has not confirmed. A directory's worth of news, and some; past it the client is lost. */
  unconfirmedMessages: 2_048,
  /**
   * Data of publishers that a client has not confirmed: 32 of the largest messages; it misses more. With the words of P2P,
   * which it must not miss, it may be twice as much; past that the client is lost.
   */
  unconfirmedData_bytes: 2 * 1024 * 1024,
  /** All that it has not confirmed: a directory, its attributes once more, and the data. Past it the client is lost. */
  unconfirmed_bytes: 4 * 1024 * 1024,
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
  /**
   * Of clients and streams that changed so many pairs are looked at in that time, each of them by up to 64 selectors: some
   * 20 ms. What is left is looked at the next time.
   */
  autoSubscribePairs: 8_192,
  /** Of those that could not be had, how many are tried again at a time. */
  autoSubscribeRetries: 64,
  /** Before what failed twice is tried a third time; each further time it is twice as long, up to the most. */
  retryAgain_ms: 1_000,
  retryAgainMost_ms: 60_000,
  /**
   * How often a client's process hears what the client wants of all its connections: each time costs as much as it has of
   * them, and only the last word counts.
   */
  wishes_ms: 200,
  /** The clients of our SDK are told so often at most how one stream is from now on. */
  streamNews_ms: 250,
  /** Where its publisher has said too much for that now. */
  streamNewsAgain_ms: 1_000,
  /** Joins of one client id at this controller in a second, ten times as many at once: each takes the place of the last. */
  joins_perSecond: 1,
  /** Publishers to whom a client may be introduced, in a room of that kind, in a second; and at once all of a room. */
  introductions_perSecond: 50,
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
  /**
   * How often a controller tells all its facts of a room, twenty times at once: streams that come one by one are told at
   * once, and attributes that change all the time together. Each telling costs as much as all streams of the room.
   */
  facts_perSecond: 5,
  factsAtOnce: 20,
  /** A client is told so often that it was in its room, by which it comes in again (`limits.absence_ttl_s`). */
  stamp_ms: 240_000,
  /** The share of it by which that may come sooner, by chance. */
  stampSpread: 0.25,
  /** A client that is lost before it confirmed anything may come back for so long: it need not know by which key. */
  unheard_ms: 2_000,
  /** How often those are looked for whose time has come. */
  stampLook_ms: 10_000,
  /** Before the edge is asked again after it refused for a while (`overloaded`, `timeout`). */
  edgeRetry_ms: 1_000,
  /** The longest wait where it refuses for good, after which each was twice the one before. */
  edgeRetryMost_ms: 60_000,
  /** Changes of a directory that arrived before the one they follow. More means that one was lost. */
  earlyChanges: 64,
  /** For a stream that is to be recorded and is on its way: as long as its process may take to say that it flows. */
  arrival_ms: 20_000,
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
