import type { PipeEndpoint } from '../../protocol/contracts/erizo-erizo.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Caller } from '../link/keyring.ts';

/**
 * Throws `forbidden` unless the end of a pipe is at the node that says so: whoever could name another
 * address would have media sent to somebody who never asked for it. What counts is the node's
 * certificate.
 */
export function demandEndOf(node: Caller | undefined, { ip }: PipeEndpoint): void {
  if (node?.mediaIp !== ip) {
    const who = node?.nodeId ?? 'a node that is no member';
    throw new RizomaError(
      'forbidden',
      `the pipe of ${who} ends at ${ip}, where its certificate does not say that it is: set RIZOMA_ANNOUNCED_IP there`,
    );
  }
}
