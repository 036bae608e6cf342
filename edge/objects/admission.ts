import type { EdgeLog } from '../log.ts';
import type { Placement } from '../placement/choose.ts';
import type { Admission } from './api.ts';

/** What a participant is told who was placed, and the line of the log that says why there. */
export function admitted(
  log: EdgeLog,
  who: { roomId: string; userName: string; role: string },
  { rule, passedOver, entrances }: Placement,
): Admission {
  const { roomId, userName, role } = who;
  log.info('a client was placed', {
    roomId,
    region: entrances[0]?.card.region,
    rule,
    passedOver: passedOver.map((one) => `${one.rule}: ${one.why}`).join('; '),
  });
  return {
    userName,
    role,
    entrances: entrances.map(({ card: { nodeId, region, secure }, host }) => ({
      nodeId,
      region,
      host,
      secure,
    })),
  };
}
