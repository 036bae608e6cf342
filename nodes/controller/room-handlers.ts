import type { AutoSubscribing } from './auto-subscribing.ts';
import { carryDescription } from './carry-description.ts';
import type { ClientHandlers } from './client.ts';
import type { DataStreams } from './data-streams.ts';
import { LastN } from './last-n.ts';
import type { PeerToPeer } from './p2p.ts';
import type { Publishing } from './publishing.ts';
import type { Recordings } from './recording.ts';
import type { RoomParts } from './room-parts.ts';
import type { StreamChanges } from './stream-changes.ts';
import type { RoomStats } from './stream-stats.ts';
import type { Subscribing } from './subscribing.ts';

/** Which part of a room answers what a client asks. */
export function handlersOf(room: {
  parts: RoomParts;
  publishing: Publishing;
  subscribing: Subscribing;
  auto: AutoSubscribing;
  data: DataStreams;
  changes: StreamChanges;
  stats: RoomStats;
  p2p: PeerToPeer;
  recordings: Recordings;
  left: ClientHandlers['left'];
}): ClientHandlers {
  const { parts } = room;
  const lastN = new LastN(parts);
  return {
    publish: (client, message, answer) => room.publishing.publish(client, message, answer),
    unpublish: (client, streamId) => room.publishing.unpublish(client, streamId),
    subscribe: (client, message, answer) => room.subscribing.subscribe(client, message, answer),
    unsubscribe: (client, streamId) => room.subscribing.unsubscribe(client, streamId),
    connectionMessage: (client, message) => carryDescription(parts.log, client, message),
    streamMessage: (client, message) => room.changes.change(client, message),
    autoSubscribe: (client, message) => room.auto.set(client, message),
    setBandwidth: (client, bandwidth) => room.changes.setBandwidth(client, bandwidth),
    streamMessageP2p: (client, message) => room.p2p.say(client, message),
    streamStats: (client, streamId) => room.stats.of(client, streamId),
    sendData: (client, message) => room.data.send(client, message),
    updateAttributes: (client, message) => {
      room.data.update(client, message);
      room.auto.streamChanged(message.id);
    },
    startRecorder: (client, message) => room.recordings.start(client, message),
    stopRecorder: (client, message) => room.recordings.stop(client, message),
    setLastN: (client, message) => lastN.set(client, message),
    left: room.left,
  };
}
