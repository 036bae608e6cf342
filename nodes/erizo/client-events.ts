import type {
  ControllerToErizo,
  erizoToController,
} from '../../protocol/contracts/controller-erizo.ts';
import type { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { ClientEvents } from './client.ts';
import type { Shared } from './controller-session.ts';

export type ControllerPeer = RpcPeer<typeof erizoToController, ControllerToErizo>;

export interface ClientEventsOptions {
  clientId: string;
  shared: Pick<Shared, 'layersTold' | 'publisherEnded' | 'firstMedia'>;
  /** Tells the controller, also when it is away and comes back. */
  tell: (tell: (peer: ControllerPeer) => void) => void;
  /** Tells it if it is there. */
  tellNow: (tell: (peer: ControllerPeer) => void) => void;
  idle: () => void;
}

/** What becomes of what happens to a client here. */
export function clientEvents(options: ClientEventsOptions): ClientEvents {
  const { clientId, shared, tell, tellNow, idle } = options;
  return {
    message: (connectionId, msg) =>
      tell((peer) => peer.notify('connectionMessage', { clientId, connectionId, msg })),
    failed: (streamId, role, why) =>
      tell((peer) => peer.notify('streamFailed', { clientId, streamId, role, why })),
    layersWanted: (streamId, spatial) => {
      shared.layersTold();
      tellNow((peer) => peer.notify('layersWanted', { clientId, streamId, spatial }));
    },
    videosShown: (streamIds) => tell((peer) => peer.notify('videosShown', { clientId, streamIds })),
    alert: (streamId, message, bandwidth_bps) =>
      tell((peer) => peer.notify('bandwidthAlert', { clientId, streamId, message, bandwidth_bps })),
    quality: (connectionId, level) =>
      tell((peer) => peer.notify('qualityLevel', { clientId, connectionId, level })),
    publisherEnded: (publisher) => shared.publisherEnded(publisher.streamId),
    firstMedia: (kind, wait_ms) => shared.firstMedia(kind, wait_ms),
    idle,
  };
}
