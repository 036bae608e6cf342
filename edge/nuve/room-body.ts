import * as v from 'valibot';
import { Jurisdiction } from '../../protocol/ids.ts';
import { parse } from '../../protocol/parse.ts';
import { RoomRegions } from '../../protocol/pin.ts';
import type { RoomSettings } from '../room/settings.ts';

/** Anything but absence, `false` and nothing grants it; a form can only send the words. */
const flag = v.optional(
  v.pipe(
    v.unknown(),
    v.transform((value) => Boolean(value) && value !== 'false'),
  ),
);

/** The options of a room that have a meaning; others are passed over, as Licode does. */
const RoomOptions = v.object({
  p2p: flag,
  getOrCreate: flag,
  test: flag,
  data: v.fallback(v.optional(v.record(v.string(), v.unknown())), undefined),
  mediaConfiguration: v.fallback(v.optional(v.string()), undefined),
  // A pin that is wrong is refused, not passed over: the room would be where it must not be.
  regions: v.optional(RoomRegions),
  jurisdiction: v.optional(Jurisdiction),
});

const Nameless = v.object({ name: v.optional(v.literal('')) });

/** Whether a body has no name, which Licode answers with words of its own. */
export function isNameless(body: unknown): boolean {
  return v.is(Nameless, body);
}

/** Throws `bad_request`. */
export function settingsOf(
  options: Readonly<Record<string, unknown>> | null,
): RoomSettings & { getOrCreate: boolean; test: boolean } {
  const { getOrCreate, test, p2p, data, mediaConfiguration, regions, jurisdiction } = parse(
    RoomOptions,
    options ?? {},
    'options',
  );
  const settings = { p2p, data, mediaConfiguration, regions, jurisdiction };
  return { ...settings, getOrCreate: getOrCreate ?? false, test: test ?? false };
}
