import * as v from 'valibot';
import { chromiumHost } from '../../../support/endpoint/chromium-page.ts';
import type { EndpointHost } from '../../../support/endpoint/endpoint-page.ts';
import { headlessHost } from '../../../support/endpoint/headless-page.ts';
import { place } from '../../../support/place.ts';

/** Selects the endpoints that carry media: headless ones, or pages of Chromium in the long run. */
export const endpointKind = v.parse(
  v.optional(v.picklist(['headless', 'chromium']), 'headless'),
  process.env['RIZOMA_TEST_ENDPOINT'],
);

export function openEndpoints(): Promise<EndpointHost> {
  return endpointKind === 'chromium'
    ? chromiumHost()
    : Promise.resolve(headlessHost({ ip: place.ip(100) }));
}
