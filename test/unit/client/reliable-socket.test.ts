import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReliableSocket } from '../../../client/sdk/reliable-socket.ts';
import { FakeRawSocket, RawSocketPair } from '../../fakes/raw-socket-pair.ts';

function end(socket: FakeRawSocket, unconfirmedMessages = 1_000) {
  const received: unknown[] = [];
  const reliable = new ReliableSocket(
    { socket },
    { unconfirmedMessages, onMessage: (event, message) => received.push([event, message]) },
  );
  return { reliable, received };
}

type Step =
  | { kind: 'send'; side: 'left' | 'right' }
  | { kind: 'deliver'; side: 'left' | 'right'; packets: number }
  | { kind: 'cut' }
  | { kind: 'mend' };

const side = fc.constantFrom('left' as const, 'right' as const);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), side }),
  fc.record({ kind: fc.constant('deliver' as const), side, packets: fc.nat(3) }),
  fc.record({ kind: fc.constant('cut' as const) }),
  fc.record({ kind: fc.constant('mend' as const) }),
);

describe('ReliableSocket', () => {
  it('delivers everything once and in order, whatever is lost on the way', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 80 }), (steps) => {
        const pair = new RawSocketPair();
        const ends = { left: end(pair.left), right: end(pair.right) };
        const sent = { left: 0, right: 0 };
        const mend = () => {
          if (!pair.left.connected) {
            pair.mend();
            ends.left.reliable.resend();
            ends.right.reliable.resend();
          }
        };
        for (const step of steps) {
          if (step.kind === 'send') {
            ends[step.side].reliable.send('e', sent[step.side]);
            sent[step.side] += 1;
          } else if (step.kind === 'deliver') {
            pair.deliver(step.side, step.packets);
          } else if (step.kind === 'cut') {
            pair.cut();
          } else {
            mend();
          }
        }
        mend();
        pair.deliverAll();
        const all = (count: number) => Array.from({ length: count }, (_, index) => ['e', index]);
        expect(ends.right.received).toEqual(all(sent.left));
        expect(ends.left.received).toEqual(all(sent.right));
        // The last confirmation may have been lost; a next loss then brings it again.
        pair.cut();
        mend();
        pair.deliverAll();
        expect(ends.left.reliable.unconfirmed + ends.right.reliable.unconfirmed).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('numbers its messages from 0 and hands the callback to the socket', () => {
    const socket = new FakeRawSocket();
    const { reliable } = end(socket);
    const answer = () => undefined;
    reliable.send('publish', { a: 1 }, answer);
    reliable.send('connectionMessage', { b: 2 });
    expect(socket.inFlight).toEqual([
      { event: 'publish', args: [{ socketgd: 0, msg: { a: 1 } }, answer] },
      { event: 'connectionMessage', args: [{ socketgd: 1, msg: { b: 2 } }] },
    ]);
  });

  it('keeps what is sent while the socket is down to itself until it is back', () => {
    const socket = new FakeRawSocket();
    socket.connected = false;
    const { reliable } = end(socket);
    reliable.send('publish', 1);
    expect(socket.inFlight).toEqual([]);
    reliable.resend();
    expect(socket.inFlight).toHaveLength(1);
  });

  it('takes a confirmation for all messages up to its number', () => {
    const socket = new FakeRawSocket();
    const { reliable } = end(socket);
    const numbers = ['a', 'b', 'c'].map((event) => reliable.send(event, null));
    socket.receive({ event: 'socketgd_ack', args: [{ id: 1 }] });
    expect(numbers.map((number) => reliable.isConfirmed(number))).toEqual([true, true, false]);
  });

  it('refuses more messages than may wait for a confirmation', () => {
    const { reliable } = end(new FakeRawSocket(), 2);
    reliable.send('a', 1);
    reliable.send('a', 2);
    expect(() => reliable.send('a', 3)).toThrow(/not confirmed/);
  });

  it('passes on messages without a number and confirms none of them', () => {
    const socket = new FakeRawSocket();
    const { received } = end(socket);
    socket.receive({ event: 'onAddStream', args: [{ id: '1' }] });
    expect(received).toEqual([['onAddStream', { id: '1' }]]);
    expect(socket.inFlight).toEqual([]);
  });
});
