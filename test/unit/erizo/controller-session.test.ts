import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ControllerSession } from '../../../nodes/erizo/controller-session.ts';
import type { ErrorCode } from '../../../protocol/errors.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import type { Link } from '../../../protocol/link.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

/** A link that takes nothing, for that reason. */
function linkThatRefuses(code: ErrorCode) {
  const state = { isClosed: false };
  const link: Link = {
    name: 'controller',
    open: () => undefined,
    send: () => {
      throw new RizomaError(code, 'as the test wants it');
    },
    close: () => {
      state.isClosed = true;
    },
  };
  return { link, state };
}

function tellOver(code: ErrorCode): boolean {
  const session = new ControllerSession(
    { clock: new VirtualClock(), log: pino({ level: 'silent' }), engine: {}, shared: {} } as never,
    { controllerId: 'eu-west-1/1', onEnd: () => undefined },
  );
  const { link, state } = linkThatRefuses(code);
  session.attach(link);
  session.loaded({ consumers: 1, cpu: 0 });
  return state.isClosed;
}

describe('the link to a controller', () => {
  it('stays where one thing is too large for it, as it is that of all its clients', () => {
    expect(tellOver('too_large')).toBe(false);
  });

  it('ends where the controller does not read', () => {
    expect(tellOver('overloaded')).toBe(true);
  });
});
