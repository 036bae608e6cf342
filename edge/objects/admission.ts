import type { Placement } from '../placement/choose.ts';
import type { Admission, Terms } from './api.ts';

/** What a participant is told who was placed, and what the log says of it. */
export function admitted(
  who: { userName: string; role: string; terms: Terms },
  { rule, passedOver, entrances }: Placement,
): Admission {
  const { userName, role, terms } = who;
  return {
    userName,
    role,
    terms,
    entrances: entrances.map(({ card: { nodeId, region, secure }, host }) => ({
      nodeId,
      region,
      host,
      secure,
    })),
    rule,
    passedOver: passedOver.map((one) => `${one.rule}: ${one.why}`).join('; '),
  };
}
