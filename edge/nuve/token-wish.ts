import type { CreateTokenRequest } from '../../protocol/contracts/rest.ts';
import { intersectPins } from '../../protocol/pin.ts';
import type { Place } from '../../protocol/place.ts';
import type { RegionPin } from '../../protocol/token.ts';
import { placeOfCountry } from '../placement/countries.ts';

/**
 * The pin of a body and where it says that the participant is; a jurisdiction may stand in the pin or
 * beside it. Throws `pin_empty` where they contradict each other, `bad_request` for a country that is none.
 */
export function wishOf(body: CreateTokenRequest): {
  pin: RegionPin;
  location: Place | undefined;
} {
  const { regions, jurisdiction, location, country } = body;
  const pin = intersectPins(regions, jurisdiction === undefined ? {} : { jurisdiction });
  const home = country === undefined ? undefined : placeOfCountry(country);
  return { pin, location: location ?? home };
}
