/**
 * Every metric of a node at `/metrics`, by Prometheus' conventions: base units, `_total` for what only
 * grows. Nodes make them from this table, and docs/OPERATIONS.md is written from it.
 *
 * `of` says who is measured: the `node`, each `erizo` process of its host (then there is a label
 * `erizo`, the process's id), or `both`.
 */
export interface MetricRow {
  type: 'gauge' | 'counter' | 'histogram';
  help: string;
  of: 'node' | 'erizo' | 'both';
  /** Beside `erizo`. The values of each are few: words of ours, methods of contracts, error codes. */
  labels?: readonly string[];
  /** Of a histogram: which of `buckets_s` it has. */
  buckets?: keyof typeof buckets_s;
}

/** Upper ends of the buckets, in seconds, each twice the one before. */
export const buckets_s = {
  /** 1 ms to 8.2 s: a call within a host takes less than the first, and none may take over 20 s. */
  calls: doubling(0.001, 14),
  /** 10 ms to 10.2 s: what people wait for. */
  waits: doubling(0.01, 11),
} as const;

function doubling(first_s: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first_s * 2 ** index);
}

const open = { type: 'gauge', of: 'erizo' } as const;
const sum = { type: 'counter', of: 'erizo' } as const;

export const metrics = {
  rizoma_node_info: {
    type: 'gauge',
    of: 'node',
    help: 'Always 1; the labels say which node this is',
    labels: ['node', 'region', 'version'],
  },
  rizoma_edge_linked: {
    type: 'gauge',
    of: 'node',
    help: '1 while the node is registered at the edge',
  },
  rizoma_way_rtt_ms: {
    type: 'gauge',
    of: 'node',
    help: 'Round trip to another region, so far as this node measures it, smoothed',
    labels: ['region'],
  },
  rizoma_way_jitter_ms: {
    type: 'gauge',
    of: 'node',
    help: 'How much later than the least of a round its pings come on average, smoothed',
    labels: ['region'],
  },
  rizoma_way_loss: {
    type: 'gauge',
    of: 'node',
    help: 'Share of pings to another region that were not answered, smoothed',
    labels: ['region'],
  },
  rizoma_mesh_heard: {
    type: 'gauge',
    of: 'node',
    help: 'Nodes that are heard in the mesh, this one among them',
  },
  rizoma_mesh_neighbours: {
    type: 'gauge',
    of: 'node',
    help: 'Nodes that this one is linked with in the mesh',
  },
  rizoma_gossip_refused_total: {
    type: 'counter',
    of: 'node',
    help: 'Cards and messages of the mesh that were refused, by error code; `conflict` is a card that is older than a known one, `rate_limited` one too many',
    labels: ['code'],
  },
  rizoma_rooms: { type: 'gauge', of: 'node', help: 'Rooms with clients here' },
  rizoma_controller_clients: {
    type: 'gauge',
    of: 'node',
    help: 'Clients in rooms of this controller, with media or without',
  },
  rizoma_controller_streams: {
    type: 'gauge',
    of: 'node',
    help: 'Streams that clients of this controller publish',
  },
  rizoma_controller_subscriptions: {
    type: 'gauge',
    of: 'node',
    help: 'Subscriptions of clients of this controller',
  },
  rizoma_erizo_processes: {
    type: 'gauge',
    of: 'node',
    help: 'ErizoJS processes by state (starting, idle, used)',
    labels: ['state'],
  },
  rizoma_join_seconds: {
    type: 'histogram',
    of: 'node',
    help: 'From the handshake of a client to its `connected`',
    buckets: 'waits',
  },
  rizoma_joins_refused_total: {
    type: 'counter',
    of: 'node',
    help: 'Handshakes that were refused, by error code',
    labels: ['code'],
  },
  rizoma_rpc_duration_seconds: {
    type: 'histogram',
    of: 'both',
    help: 'From a call to its answer, of those that succeeded; `to` is edge, agent, erizo, controller or upstream',
    labels: ['to', 'method'],
    buckets: 'calls',
  },
  rizoma_rpc_errors_total: {
    type: 'counter',
    of: 'both',
    help: 'Calls that failed, by error code; also those that were given up (timeout, cancelled, link_down)',
    labels: ['to', 'method', 'code'],
  },
  rizoma_strangers_refused_total: {
    type: 'counter',
    of: 'both',
    help: 'Connections that were refused, as they came under the key of no member',
  },
  rizoma_uncaught_errors_total: {
    type: 'counter',
    of: 'both',
    help: 'Errors that nothing caught and the process survived; each is a fault to report, and its log line has the stack',
  },
  rizoma_cascades_refused_total: {
    ...sum,
    help: 'Calls that would have had a stream let out, and were refused, by error code',
    labels: ['code'],
  },
  rizoma_pull_moves_total: {
    ...sum,
    help: 'Streams that came another way, or were to: `moved`, `forced` as the old way had broken; `late`, `failed` and `unneeded` stayed',
    labels: ['outcome'],
  },
  rizoma_first_media_seconds: {
    type: 'histogram',
    of: 'erizo',
    help: 'From the call to subscribe to the first RTP packet that is sent to the client, by kind (audio, video)',
    labels: ['kind'],
    buckets: 'waits',
  },
  rizoma_event_loop_delay_seconds: {
    ...open,
    help: 'How late the event loop was since the last reading, by quantile (0.5, 0.99, 1)',
    labels: ['quantile'],
  },
  rizoma_clients: { ...open, help: 'Clients' },
  rizoma_connections: { ...open, help: 'Connections of clients' },
  rizoma_publishers: { ...open, help: 'Streams that clients publish' },
  rizoma_subscribers: { ...open, help: 'Streams that clients are sent' },
  rizoma_producers: { ...open, help: 'Producers of mediasoup' },
  rizoma_consumers: { ...open, help: 'Consumers of mediasoup' },
  rizoma_webrtc_transports: { ...open, help: 'Transports to clients' },
  rizoma_pipe_transports: { ...open, help: 'Transports to other ErizoJS processes' },
  rizoma_pulls: { ...open, help: 'Streams that come in over pipes' },
  rizoma_wan_pulls: { ...open, help: 'Streams that come in from another region' },
  rizoma_feeds: { ...open, help: 'Streams that go out over pipes' },
  rizoma_downstreams: { ...open, help: 'ErizoJS processes that are linked to pull from it' },
  rizoma_publishers_unwatched: {
    ...open,
    help: 'Streams whose publishers send no video, as nobody plays or records it',
  },
  rizoma_layers_told_total: {
    ...sum,
    help: 'How often publishers were told up to which layer their video is wanted',
  },
  rizoma_videos_hidden: {
    ...open,
    help: 'Videos that clients are not sent since they want those of the last few who spoke',
  },
  rizoma_recordings: { ...open, help: 'Files of recordings that are being written' },
  rizoma_recordings_started_total: { ...sum, help: 'Recordings that began' },
  rizoma_recordings_failed_total: {
    ...sum,
    help: 'Recordings that did not begin, or whose file was not closed',
  },
  rizoma_cascade_opens_total: { ...sum, help: 'Calls that opened a cascade' },
  rizoma_pipe_received_bytes_total: { ...sum, help: 'Bytes received over pipes' },
  rizoma_pipe_sent_bytes_total: { ...sum, help: 'Bytes sent over pipes' },
  rizoma_client_received_bytes_total: { ...sum, help: 'Bytes received from clients' },
  rizoma_client_sent_bytes_total: { ...sum, help: 'Bytes sent to clients' },
  rizoma_received_packets_total: {
    ...sum,
    help: 'RTP packets received, by kind (audio, video) and way (client, pipe, program: of recordings)',
    labels: ['kind', 'way'],
  },
  rizoma_received_packets_lost_total: {
    ...sum,
    help: 'RTP packets that were sent to us and did not come',
    labels: ['kind', 'way'],
  },
  rizoma_sent_packets_total: { ...sum, help: 'RTP packets sent', labels: ['kind', 'way'] },
  rizoma_sent_packets_lost_total: {
    ...sum,
    help: 'RTP packets that receivers reported as lost',
    labels: ['kind', 'way'],
  },
} as const satisfies Record<`rizoma_${string}`, MetricRow>;

export type MetricName = keyof typeof metrics;
