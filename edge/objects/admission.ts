import type { EdgeLog } from '../log.ts';
import type { Placement } from '../placement/choose.ts';
import type { Admission, Terms } from './api.ts';

/** What a participant is told who was placed, and the line of the log that says why there. */
export function admitted(
  log: EdgeLog,
  who: { roomId: string; userName: string; role: string; terms: Terms },
  { rule, passedOver, entrances }: Placement,
): Admission {
  const { roomId, userName, role, terms } = who;
  log.info('a client was placed', {
    roomId,
    region: entrances[0]?.card.region,
    rule,
    passedOver: passedOver.map((one) => `${one.rule}: ${one.why}`).join('; '),
  });
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
  };
}
