import * as v from 'valibot';
import { RizomaError } from './errors.ts';
import type { Jurisdiction } from './ids.ts';
import { RegionPin } from './token.ts';

/** The regions of a room's own pin. What is preferred is for each participant to say. */
export const RoomRegions = v.strictObject({
  allow: RegionPin.entries.allow,
  deny: RegionPin.entries.deny,
});

export type RoomRegions = v.InferOutput<typeof RoomRegions>;

/** Where a node stands, as a pin sees it. */
export interface Whereabouts {
  readonly region: string;
  /** As its node declares it; one that declares none is in none. */
  readonly jurisdiction?: Jurisdiction | undefined;
}

/** Whether a node that stands there may serve. */
export function allows(pin: RegionPin, { region, jurisdiction }: Whereabouts): boolean {
  return (
    (pin.allow?.includes(region) ?? true) &&
    !(pin.deny?.includes(region) ?? false) &&
    (pin.jurisdiction === undefined || pin.jurisdiction === jurisdiction)
  );
}

/** The pin of a room, from its settings. */
export function roomPin(room: {
  readonly regions?: RoomRegions | undefined;
  readonly jurisdiction?: Jurisdiction | undefined;
}): RegionPin {
  const { regions, jurisdiction } = room;
  return { ...regions, ...(jurisdiction === undefined ? {} : { jurisdiction }) };
}

/**
 * What two pins both allow; the wishes are those of the second, where it has any. Throws `pin_empty`,
 * naming both, where no place could ever meet them.
 */
export function intersectPins(first: RegionPin, second: RegionPin): RegionPin {
  const deny = [...new Set([...(first.deny ?? []), ...(second.deny ?? [])])];
  const allow = bothAllow(first, second)?.filter((region) => !deny.includes(region));
  const jurisdiction = second.jurisdiction ?? first.jurisdiction;
  const prefer = second.prefer ?? first.prefer;
  if (allow?.length === 0 || (first.jurisdiction ?? jurisdiction) !== jurisdiction) {
    const pins = [first, second].map(pinWords).filter((words) => words !== '');
    throw new RizomaError(
      'pin_empty',
      `the pin leaves no place at all (${pins.join('; and ')}): ask for a wider one`,
      { details: { pins: [first, second] } },
    );
  }
  return {
    ...(allow === undefined ? {} : { allow }),
    ...(deny.length === 0 ? {} : { deny }),
    ...(prefer === undefined ? {} : { prefer }),
    ...(jurisdiction === undefined ? {} : { jurisdiction }),
  };
}

function bothAllow(first: RegionPin, second: RegionPin): readonly string[] | undefined {
  return first.allow === undefined || second.allow === undefined
    ? (first.allow ?? second.allow)
    : first.allow.filter((region) => second.allow?.includes(region));
}

/** `allow eu-west; jurisdiction eu`: a pin as an error names it; empty where it demands nothing. */
export function pinWords({ allow, deny = [], jurisdiction }: RegionPin): string {
  return [
    ...(allow === undefined ? [] : [`allow ${allow.join(', ')}`]),
    ...(deny.length === 0 ? [] : [`deny ${deny.join(', ')}`]),
    ...(jurisdiction === undefined ? [] : [`jurisdiction ${jurisdiction}`]),
  ].join('; ');
}
