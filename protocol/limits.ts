/**
 * Every limit of what goes between processes, with its unit and its reason. A part's own limits
 * stand in the one literal of its defaults; those that two parts must agree on stand here.
 */
export const limits = {
  /** One RPC frame. An SDP of fifty m-sections is about 100 KiB; nothing honest is larger. */
  frameSize_bytes: 1024 * 1024,
  /** Frames waiting to leave one link. Past it the peer does not read, and calls are refused. */
  linkQueue_frames: 4096,
  /** Calls in flight over one link in one direction; half of what the queue holds, so that answers fit. */
  callsInFlight: 2048,
  /** A link that heard nothing for this long is down: two pings and a half are missed. */
  linkSilence_ms: 5_000,
  /** How often a quiet link says that it lives. */
  linkPing_ms: 2_000,
  /** One signalling message of a client (Licode's clients send SDPs of up to some 60 KiB). */
  clientMessage_bytes: 256 * 1024,
  /**
   * Levels of arrays and objects in one message or body from outside. Attributes of apps have three or four; thousands
   * would exhaust the stack of whatever encodes them.
   */
  nesting: 16,
  /** The same of an RPC frame: what a client may say, within the facts of a room that are told to other processes. */
  frameNesting: 32,
  /** Arrays and objects in one message of a client: a drawing of a thousand points has some thousands. */
  groups: 10_000,
  /** Signalling messages of one client: a burst of joins publishes and subscribes some dozens. */
  clientMessages_perSecond: 200,
  /** The id of a request that its caller chose: a UUID and the hex of a trace id are shorter. */
  requestId_chars: 64,
  /** Body of a REST request, as the edge accepts it. */
  restBody_bytes: 64 * 1024,
  /**
   * How long DTLS may take once ICE is up: the worker sends a flight seven times in it, where it sends it again. A
   * client hears of it before the 20 s of the call that waits for its connection are over.
   */
  handshake_ms: 10_000,
  /** m-sections in one SDP: thirty streams of audio and video in one connection, and some unused. */
  sdpSections: 128,
  /**
   * One SDP of a client: Chromium publishes 32 streams over one connection with some 173 KiB and 5,200 lines, and answers
   * what it receives with 0.8 KiB and 25 lines for an m-section.
   */
  sdp_chars: 192 * 1024,
  sdpLines: 8_192,
  /** One SDP of ours: of `sdpSections` all of which carry something, twice. */
  ownSdp_chars: 512 * 1024,
  /** Streams of one room. A directory of this size is still sent whole in one frame. */
  streamsPerRoom: 1024,
  /** What is said of all streams of a room, as JSON: with its processes and ways a directory fits `frameSize_bytes`. */
  roomStreams_bytes: 704 * 1024,
  /** The same of one client: ten of them fill a room, and one does not. */
  clientStreams_bytes: 64 * 1024,
  /** Controllers that hold one room; one for each node that takes part. */
  controllersPerRoom: 256,
  /** Streams that one client may publish at a time. */
  streamsPerClient: 32,
  /** Alternatives in the answer to a join. */
  joinAlternatives: 3,
  /** Links between regions that a stream may pass, so two relays: a third gains nothing on measured ways. */
  regionHops: 3,
  /** Regions that pull one stream from one. Two hops of eight reach all `regions`, for 1 % more delay among twenty. */
  regionFanOut: 8,
  /** A relay has to gain this much: what a process adds in the worst case, and jitter of a good way. */
  relayGain_ms: 5,
  /** And this share of the direct way, since long ways are measured less exactly. */
  relayGain_share: 0.05,
  /** Hops of a route: those between regions, and the one from a gateway to the process behind it. */
  cascadeHops: 4,
  /**
   * Processes that one is linked with in advance for a room: the gateways above it for the streams of as many
   * regions, and for no more than the ports of as many pipes.
   */
  keptUpstreams: 16,
  /**
   * Streams of a room that a process opens before anybody plays them: those that are seen at once, or heard.
   * Each is two tracks in the worker that carry nothing.
   */
  pullsAhead: 16,
  /** Pulls of one stream by one process: the one that plays, and the one that it moves to. */
  pullsOfStream: 2,
  /** A pull that nobody plays is kept this long, so that a viewer who reloads finds it open. */
  pullLinger_ms: 10_000,
  /**
   * Less of a stream is asked for when less was needed for so long, at each process on its way: a viewer who
   * looks away for a moment costs no encoder its start, which takes a key frame.
   */
  layerHold_ms: 2_000,
  /**
   * Of the last few who spoke another set is shown once in this time at most: faster nobody follows, and each
   * change costs a key frame.
   */
  lastNHold_ms: 1_000,
  /** Key-frame requests pass upstream at most once per stream in this time. */
  keyFrameRequest_ms: 500,
  /** Users in one part of a list: with names of the longest kind they are half of a frame. */
  usersPerPart: 256,
  /** A controller tells at most once in this time who came to a room and went: joins in a storm cost one message. */
  presence_ms: 1_000,
  /** Those who came or went in one message; the next one has the others. A storm of 2,000 joins fits. */
  presenceUsers: 4_096,
  /** Those who came, as JSON, in one message: half of a frame, so that the ids of those who went fit too. */
  presence_bytes: 512 * 1024,
  /** Participants that a Room object knows: at some 300 bytes each, half of its memory. */
  participantsPerRoom: 200_000,
  /** How long a controller may take to list or disconnect users, which it does at once. */
  users_ms: 2_000,
  /** A ticket is used at once; this leaves room for a slow network and a skewed clock. */
  ticket_ttl_s: 60,
  /** The certificate of a node: one that was stolen is worth a day, and a node renews it in half of that. */
  certificate_ttl_s: 24 * 60 * 60,
  /**
   * The grant of a room, renewed in half of that: so rooms go on over regions for half a day at the least
   * while the edge is away. Longer would be of no use, as nodes have no certificate then.
   */
  grant_ttl_s: 24 * 60 * 60,
  /** An enrolment is signed anew for each registration; this is the way to the edge. */
  enrolment_ttl_s: 60,
  /** Nodes of a mesh, with those that left it within a day. Their keys fit a frame. */
  members: 4_096,
  /** The card of a node as it says it to others, signed: one with the longest names and ways to all `regions` fits. */
  saidCard_chars: 12_288,
  /** How long what a node says of itself is good: a node that lives says it anew in a fifth of that. */
  saidCard_ttl_s: 600,
  /** Cards in one message between nodes: with the longest cards, most of a frame. */
  gossipCards: 64,
  /** Revoked keys that members are told of: each for a day, and a mesh has fewer nodes. */
  revokedKeys: 4_096,
  /** A token that nobody used is worth nothing after this (Licode: 3 minutes). */
  token_ttl_s: 180,
  /** Unless the app says otherwise, up to a day: the longest event that one pass is printed for. */
  tokenLongest_ttl_s: 86_400,
  /** Uses of one token, each a write of the room; who needs more takes a pass, which costs none. */
  token_uses: 10_000,
  /** Uses of a token of the room for tests (Licode: 491). */
  testToken_uses: 491,
  /** A token as text: all its fields are in the query of a handshake, and a request's head has 16 KiB. */
  token_chars: 8_192,
  /** A room is asked for its epoch, holders and pin once in this time, however many hold its passes. */
  roomPicture_ms: 3_000,
  /** How long after its join a participant may come in again without a token: the longest event, as for passes. */
  reentry_ttl_s: 86_400,
  /** A re-entry as text: it holds the pin of a token, and some ids. */
  reentry_chars: 12_288,
  /** A client that is at two controllers has so long to leave the older one: it plays there until it plays here. */
  move_ms: 10_000,
  /** Names of removed users that a room remembers; more are forgotten for the price of all earlier re-entries. */
  removals: 1_024,
  /** Streams that one client may have had in its time in a room: so many ids are its own. */
  streamNumbers: 65_536,
  /** Clock skew that a signature may have. */
  clockSkew_s: 60,
  /** The `Authorization` header: a JWT of the longest names, each character escaped, is half of it. */
  authorization_chars: 8_192,
  /** How far the expiry of a service's JWT may be: an app can keep one, and a stolen one is soon worthless. */
  serviceJwt_ttl_s: 3_600,
  /** The same of one with a `jti`: with the skew it has expired when its nonce is forgotten. */
  onceJwt_ttl_s: 240,
  /** The key of a service: any HMAC key of use is far shorter. */
  serviceKey_chars: 256,
  /** Nonces of signed requests are remembered for this long. */
  replayWindow_s: 300,
  /** A node keeps its lease by a keep-alive in each of these periods. */
  keepAlive_ms: 1_000,
  /** A node that kept silent for this long has lost its lease: three keep-alives are missed. */
  lease_ms: 3_000,
  /** Regions that one node measures; more than any provider has, and a load still fits a row. */
  regions: 64,
  /** Placement reads a picture of the mesh that is at most this old. */
  snapshot_ms: 2_000,
  /** How long a client that lost its socket may take to come back (Licode: 30 s). */
  reconnection_ms: 30_000,
  /** Where webhooks go: what browsers and servers take as a URL at least. */
  webhookUrl_chars: 2_048,
  /** The secret of a webhook: any HMAC key of use is far shorter. */
  webhookSecret_chars: 256,
  /** How far the signature of a webhook may be from the receiver's clock: it is made anew at each attempt. */
  webhookTolerance_s: 300,
  /** The source of an external input: what browsers and servers take as a URL at least. */
  inputUrl_chars: 2_048,
  /** Files of one recording: what makes it fail so often would go on doing so. */
  recordingParts: 16,
  /** Text that people write: names, labels. */
  name_chars: 256,
  /** Streams whose loudness is told at a time: more voices at once nobody tells apart. */
  audioLevels: 8,
  /** Options of `autoSubscribe`, as JSON. */
  autoOptions_bytes: 4 * 1024,
  /** Selectors of one client of either kind (`autoSubscribe`): an app names a handful of groups. */
  selectors: 32,
  /** Attributes of a stream, as JSON. */
  attributes_bytes: 16 * 1024,
  /** What a publisher says to its subscribers at a time; a chat line or a drawing is far smaller. */
  data_bytes: 64 * 1024,
  /**
   * Of one client, over all its streams: what a whiteboard sends at its busiest. Each subscriber is sent as much, and one whose
   * line takes less misses data.
   */
  data_bytesPerSecond: 256 * 1024,
  /** So many at once: the picture of a board for those who come. */
  data_burst_bytes: 1024 * 1024,
  /** Subscribers in one process's answer about a stream: with a stream of each kind half of a frame. */
  statsSubscribers: 1024,
} as const;
