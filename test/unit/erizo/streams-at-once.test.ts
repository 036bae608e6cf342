import { describe, expect, it } from 'vitest';
import { limits } from '../../../protocol/limits.ts';
import { answerTo, newConnections, newOwner, tracksOf } from './client-kit.ts';

const sectionsOf = (offer: string): number => offer.split('\nm=').length - 1;
/** All that is promised by now has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A client that asks for so many streams at once on one connection. */
function askFor(streams: number) {
  const { connections, offers } = newConnections();
  const target = connections.subscribeTarget('dual');
  const outcomes: Record<string, number> = {};
  const count = (outcome: string): void => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const owners = Array.from({ length: streams }, (_, number) => newOwner(number));
  for (const [number, owner] of owners.entries()) {
    target.join(owner);
    target.send(owner, tracksOf(number), { atOnce: false }).then(
      () => count('taken'),
      (error: { code: string; message: string }) => {
        count(`${error.code}: ${error.message}`);
        target.remove(owner);
      },
    );
  }
  /** Answers what was offered last, until nothing more is. */
  const negotiate = async (): Promise<void> => {
    for (let answered = 0; answered < offers.length;) {
      answered = offers.length;
      const sdp = answerTo(offers.at(-1) ?? '');
      await connections.onMessage(target.connection.id, { type: 'answer', sdp });
      await settled();
    }
  };
  return { connections, offers, outcomes, owners, target, negotiate };
}

const refusal = `overloaded: a connection has up to ${limits.sdpSections} m-sections: give up another stream first`;

describe('a client that asks for more streams at once than a connection has m-sections', () => {
  it('gets as many as fit, is refused the others in words, and goes on', async () => {
    const { connections, offers, outcomes, owners, target, negotiate } = askFor(70);
    await settled();
    await negotiate();
    expect(outcomes).toEqual({ taken: 64, [refusal]: 6 });
    expect(offers.map(sectionsOf).at(-1)).toBe(limits.sdpSections);
    const [first] = owners;
    if (first !== undefined) {
      target.remove(first);
    }
    const next = newOwner(70);
    target.join(next);
    const taken = target.send(next, tracksOf(70), { atOnce: false });
    await settled();
    await negotiate();
    await taken;
    expect(offers.map(sectionsOf).at(-1)).toBe(limits.sdpSections);
    connections.close();
  });

  it('has the place of one whose tracks could not be sent for another one', async () => {
    const { connections, failing, offers } = newConnections();
    const target = connections.subscribeTarget('dual');
    const send = (number: number): Promise<void> => {
      const owner = newOwner(number);
      target.join(owner);
      return target.send(owner, tracksOf(number), { atOnce: false });
    };
    failing.add('video0');
    await expect(send(0)).rejects.toThrow('the track has ended');
    const taken = Array.from({ length: 64 }, (_, number) => send(1 + number));
    await settled();
    while (offers.length > 0) {
      const sdp = answerTo(offers.splice(0).at(-1) ?? '');
      await connections.onMessage(target.connection.id, { type: 'answer', sdp });
      await settled();
    }
    await Promise.all(taken);
    connections.close();
  });
});
