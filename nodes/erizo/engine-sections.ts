import type { types } from 'mediasoup';
import { RtpParameters as RtpSchema } from '../../protocol/contracts/rtp-parameters.ts';
import { parse } from '../../protocol/parse.ts';
import type { MediaKind, RtpParameters } from './media.ts';

/** What a section of each kind may carry. */
export type Sections = Readonly<Record<MediaKind, RtpParameters>>;

/**
 * All that a router sends in sections of each kind, under the numbers that its consumers have: so a
 * section that is offered before there is a track means nothing else when it has one.
 */
export function sectionsOf(capabilities: types.RtpCapabilities): Sections {
  return { audio: sectionOf(capabilities, 'audio'), video: sectionOf(capabilities, 'video') };
}

function sectionOf(capabilities: types.RtpCapabilities, kind: MediaKind): RtpParameters {
  const { codecs = [], headerExtensions = [] } = capabilities;
  const parameters = {
    codecs: codecs
      .filter((codec) => codec.kind === kind)
      .map(({ preferredPayloadType, ...codec }) => ({
        ...codec,
        payloadType: preferredPayloadType,
      })),
    headerExtensions: headerExtensions
      .filter((extension) => extension.kind === kind && extension.direction !== 'recvonly')
      .map(({ uri, preferredId }) => ({ uri, id: preferredId })),
  };
  return parse(RtpSchema, parameters, 'router capabilities', 'internal');
}
