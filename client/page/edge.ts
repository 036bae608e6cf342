import { systemClock } from '../../protocol/clock.ts';
import { DemoTokenAnswer, RegionsAnswer } from '../../protocol/contracts/rest.ts';
import { askEdge } from '../sdk/edge-api.ts';
import type { Wish } from './wish.ts';

const components = { clock: systemClock, fetch: window.fetch.bind(window) };

/** A token from the demo route; throws a `JoinError`, `not_found` where the edge has none. */
export async function demoToken({ room, name, region }: Wish): Promise<string> {
  const body = { room, name, ...(region === undefined ? {} : { region }) };
  const request = { url: '/demo/token', body, what: 'the request for a token' };
  return (await askEdge(components, request, DemoTokenAnswer)).token;
}

/** The regions that have nodes now. */
export async function listRegions(): Promise<RegionsAnswer['regions']> {
  const request = { url: '/regions', what: 'the request for the regions' };
  return (await askEdge(components, request, RegionsAnswer)).regions;
}
