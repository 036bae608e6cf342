import {
  generateRouterRtpCapabilities,
  getConsumableRtpParameters,
  getConsumerRtpParameters,
  getProducerRtpParametersMapping,
  validateAndNormalizeRtpParameters,
} from 'mediasoup/ortc';
import type { types } from 'mediasoup';
import { mediaCodecs } from '../../nodes/erizo/media-codecs.ts';
import type { RtpParameters } from '../../nodes/erizo/media.ts';
import { writeAnswer } from '../../nodes/erizo/sdp/answer.ts';
import type { Chosen } from '../../nodes/erizo/sdp/codecs.ts';
import { choose, parametersOf } from '../../nodes/erizo/sdp/codecs.ts';
import type { OfferedSection } from '../../nodes/erizo/sdp/offer.ts';
import { writeOffer, writeSendingAnswer } from '../../nodes/erizo/sdp/offer.ts';
import { readDescription } from '../../nodes/erizo/sdp/read.ts';
import type { RemoteDescription, RemoteSection } from '../../nodes/erizo/sdp/remote.ts';
import { RtpParameters as RtpSchema } from '../../protocol/contracts/rtp-parameters.ts';
import { parse } from '../../protocol/parse.ts';
import { capabilities, local } from '../unit/erizo/sdp-kit.ts';

const router = generateRouterRtpCapabilities(mediaCodecs);

/** The sections that a router takes, by mid. */
export function chooseAll(offer: RemoteDescription): Map<string, Chosen> {
  const accepted = new Map<string, Chosen>();
  for (const section of offer.sections.filter(({ sends }) => sends)) {
    const chosen = choose(section, capabilities);
    if (chosen !== undefined) {
      accepted.set(section.mid, chosen);
    }
  }
  return accepted;
}

/** The parameters of a section as mediasoup takes them; throws where it would not. */
export function producedFrom(section: RemoteSection, chosen: Chosen): types.RtpParameters {
  const parameters = parametersOf(section, chosen);
  const known = router.headerExtensions ?? [];
  const typed = {
    ...parameters,
    headerExtensions: (parameters.headerExtensions ?? []).flatMap((extension) => {
      const uri = known.find((one) => one.uri === extension.uri)?.uri;
      return uri === undefined ? [] : [{ ...extension, uri }];
    }),
  };
  validateAndNormalizeRtpParameters(typed);
  getProducerRtpParametersMapping(typed, router);
  return typed;
}

/** What a subscriber is sent of the section, in the m-section of that mid. */
export function consumedFrom(section: RemoteSection, chosen: Chosen, mid: string): RtpParameters {
  const produced = producedFrom(section, chosen);
  const mapping = getProducerRtpParametersMapping(produced, router);
  const consumed = getConsumerRtpParameters({
    consumableRtpParameters: getConsumableRtpParameters(chosen.kind, produced, router, mapping),
    remoteRtpCapabilities: router,
    pipe: false,
    enableRtx: true,
  });
  return parse(RtpSchema, { ...consumed, mid }, 'parameters');
}

/** Our end of a conversation in SDP, without media. */
export class OurSide {
  #version = 0;

  /** Takes all that an offer sends. */
  answerTo(offer: RemoteDescription): string {
    return writeAnswer(offer, local, chooseAll(offer), this.#nextOrigin());
  }

  offer(sections: readonly OfferedSection[]): string {
    return writeOffer(sections, local, this.#nextOrigin());
  }

  /** Answers a client that only receives. */
  sendingAnswer(offer: RemoteDescription, sections: readonly OfferedSection[]): string {
    return writeSendingAnswer(offer, sections, local, this.#nextOrigin(), 'passive');
  }

  #nextOrigin(): { sessionId: string; version: number } {
    this.#version += 1;
    return { sessionId: '123456789012345678', version: this.#version };
  }
}

/** Sections with the tracks of an offer, as they are sent on to somebody else; mids are counted from `first`. */
export function sentOn(offerText: string, streamId: string, first: number): OfferedSection[] {
  const offer = readDescription(offerText);
  const chosen = chooseAll(offer);
  return offer.sections.flatMap((section, index) => {
    const taken = chosen.get(section.mid);
    if (taken === undefined) {
      return [];
    }
    const mid = String(first + index);
    const state = { type: 'sending' as const, streamId, trackId: `track-${mid}` };
    return [{ mid, kind: taken.kind, state, parameters: consumedFrom(section, taken, mid) }];
  });
}
