import type { Connected } from '../../protocol/contracts/client.ts';
import type { RecordingFact, RoomStream } from '../../protocol/directory.ts';
import type { Client } from './client.ts';
import { defaults } from './defaults.ts';
import { publicStream } from './streams.ts';

/** The first event of a controller: what is in the room, and how it is served here. */
export function connectedMessage(
  client: Client,
  room: {
    roomId: string;
    region: string;
    p2p: boolean;
    streams: readonly RoomStream[];
    recordings: readonly RecordingFact[];
  },
): Connected {
  return {
    streams: room.streams.map(publicStream),
    id: room.roomId,
    ...(client.plan === 'dual'
      ? {
          clientId: client.id,
          returnKey: client.returnKey,
          recordings: room.recordings.map(({ recordingId: id, streamId }) => ({ id, streamId })),
        }
      : { clientId: client.returnKey }),
    singlePC: client.plan === 'single',
    p2p: room.p2p,
    streamPriorityStrategy: client.bandwidth.strategy ?? false,
    connectionTargetBw: client.bandwidth.target_bps ?? 0,
    defaultVideoBW: defaults.defaultVideoBW,
    maxVideoBW: defaults.maxVideoBW,
    iceServers: [],
    region: room.region,
    plan: client.plan,
  };
}
