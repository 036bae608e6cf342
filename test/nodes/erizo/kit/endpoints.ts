import * as v from 'valibot';
import { chromiumHost } from '../../../support/endpoint/chromium-page.ts';
import type { EndpointHost } from '../../../support/endpoint/endpoint-page.ts';
import { headlessHost } from '../../../support/endpoint/headless-page.ts';
import { place } from '../../../support/place.ts';

/** Which endpoints carry the media of participants: the long run has Chromium do what the short run does without. */
export const endpointKind = v.parse(
  v.optional(v.picklist(['headless', 'chromium']), 'headless'),
  process.env['RIZOMA_TEST_ENDPOINT'],
);

export function openEndpoints(): Promise<EndpointHost> {
  return endpointKind === 'chromium'
    ? chromiumHost()
    : Promise.resolve(headlessHost({ ip: place.ip(100) }));
}
