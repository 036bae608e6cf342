import { httpApi } from '../../protocol/contracts/http-api/index.ts';
import type { RouteAnswer } from '../../protocol/http-contract.ts';
import { answersOf, routeAt } from '../../protocol/http-contract.ts';

/**
 * Throws where a route gives an answer that the contract does not list, so that every test of the edge
 * tests the documents too. Paths and methods that are no route are not its business.
 */
export async function demandDocumented(request: Request, response: Response): Promise<void> {
  const { method, url } = request;
  const { pathname } = new URL(url);
  const route = routeAt(httpApi, method, pathname);
  // What HEAD answers has no body to look at.
  if (route === undefined || method === 'HEAD') {
    return;
  }
  const { status } = response;
  const answer = answersOf(route).find((one) => one.status === status);
  if (answer?.well !== undefined) {
    return;
  }
  const said = await response.clone().text();
  if (answer === undefined || !isListed(answer, response, said)) {
    throw new Error(
      `${method} ${pathname} answered ${status} ${said}, which protocol/contracts/http-api/ does ` +
        `not list for ${route.method} ${route.path}`,
    );
  }
}

/** Whether a refusal is among those of its status: a problem by its code, or words. */
function isListed({ codes, words }: RouteAnswer, { headers }: Response, said: string): boolean {
  return headers.get('content-type')?.startsWith('application/problem+json') === true
    ? codes.some((code) => said.includes(`"code":"${code}"`))
    : words.includes(said);
}
