import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaults } from '../../../nodes/controller/defaults.ts';
import type { Received } from '../../../nodes/controller/reliable-socket.ts';
import { ReliableSocket } from '../../../nodes/controller/reliable-socket.ts';

/** What went over a wire, in order. */
class Wire {
  readonly sent: [event: string, body: unknown][] = [];

  emit(event: string, body: unknown): void {
    this.sent.push([event, body]);
  }

  acks(): unknown[] {
    return this.sent.filter(([event]) => event === 'socketgd_ack').map(([, body]) => body);
  }
}

function connected(): { socket: ReliableSocket; wire: Wire } {
  const socket = new ReliableSocket();
  const wire = new Wire();
  socket.attach(wire);
  return { socket, wire };
}

function must(received: Received | undefined): Received {
  if (received === undefined) {
    throw new Error('nothing was received');
  }
  return received;
}

describe('a reliable socket', () => {
  it('numbers what it sends from zero, as Licode does', () => {
    const { socket, wire } = connected();
    socket.send('connected', { id: 'room' });
    socket.send('onAddStream', 7);
    expect(wire.sent).toEqual([
      ['connected', { socketgd: 0, msg: { id: 'room' } }],
      ['onAddStream', { socketgd: 1, msg: 7 }],
    ]);
  });

  it('sends again over the next socket what was not confirmed, and only that', () => {
    const { socket, wire } = connected();
    for (const msg of ['a', 'b', 'c']) {
      socket.send('event', msg);
    }
    expect(socket.receive('socketgd_ack', [{ id: 1 }])).toBeUndefined();
    socket.detach();
    socket.send('event', 'd');
    expect(wire.sent).toHaveLength(3);
    const next = new Wire();
    socket.attach(next);
    expect(next.sent.map(([, body]) => body)).toEqual([
      { socketgd: 2, msg: 'c' },
      { socketgd: 3, msg: 'd' },
    ]);
  });

  it('takes no more when too many are not confirmed', () => {
    const { socket } = connected();
    const outcomes = Array.from({ length: defaults.unconfirmedMessages + 1 }, () =>
      socket.send('event', 1),
    );
    expect(outcomes.filter((sent) => sent === 'full')).toHaveLength(1);
    expect(socket.pending).toBe(defaults.unconfirmedMessages);
    socket.receive('socketgd_ack', [{ id: 0 }]);
    expect(socket.send('event', 1)).toBe('sent');
  });

  it('leaves out data while 2 MiB of it are not confirmed, and sends all else', () => {
    const { socket, wire } = connected();
    const half_bytes = defaults.unconfirmedData_bytes / 2;
    expect(socket.send('onDataStream', 'a', { data_bytes: half_bytes })).toBe('sent');
    expect(socket.send('onDataStream', 'b', { data_bytes: half_bytes })).toBe('sent');
    expect(socket.send('onDataStream', 'left out', { data_bytes: 1 })).toBe('missed');
    expect(socket.send('onAddStream', 'c')).toBe('sent');
    socket.receive('socketgd_ack', [{ id: 0 }]);
    expect(socket.send('onDataStream', 'd', { data_bytes: 1 })).toBe('sent');
    expect(wire.sent.map(([, body]) => body)).toEqual([
      { socketgd: 0, msg: 'a' },
      { socketgd: 1, msg: 'b' },
      { socketgd: 2, msg: 'c' },
      { socketgd: 3, msg: 'd' },
    ]);
  });

  it('leaves out data, however small, before it takes the place of what has to come', () => {
    const { socket } = connected();
    for (let sent = 0; sent < defaults.unconfirmedMessages; sent += 1) {
      socket.send('onDataStream', 'x', { data_bytes: 1 });
    }
    expect(socket.pending).toBe(defaults.unconfirmedMessages / 2);
    expect(socket.send('onAddStream', 'x')).toBe('sent');
  });

  it('believes no confirmation of what never went out', () => {
    const { socket } = connected();
    socket.send('event', 'a');
    socket.detach();
    socket.send('event', 'b');
    socket.receive('socketgd_ack', [{ id: Number.MAX_SAFE_INTEGER }]);
    expect(socket.pending).toBe(1);
    const next = new Wire();
    socket.attach(next);
    expect(next.sent).toEqual([['event', { socketgd: 1, msg: 'b' }]]);
    socket.receive('socketgd_ack', [{ id: Number.MAX_SAFE_INTEGER }]);
    expect(socket.pending).toBe(0);
  });

  it('takes no more when too much is not confirmed, of whatever kind', () => {
    const { socket } = connected();
    const quarter = { text: 'x'.repeat(defaults.unconfirmed_bytes / 4 - 100) };
    const outcomes = Array.from({ length: 5 }, () => socket.send('onAddStream', quarter));
    expect(outcomes).toEqual([...Array(4).fill('sent'), 'full']);
    socket.receive('socketgd_ack', [{ id: 0 }]);
    expect(socket.send('onAddStream', quarter)).toBe('sent');
  });

  it('lets the newest under a key take the place of what waits under it', () => {
    const { socket } = connected();
    socket.detach();
    for (let times = 0; times < 2 * defaults.unconfirmedMessages; times += 1) {
      expect(socket.send('onUpdateAttributeStream', times, { key: 'one' })).toBe('sent');
    }
    socket.send('onAddStream', 'between');
    socket.send('onUpdateAttributeStream', 'newest', { key: 'one' });
    socket.send('onUpdateAttributeStream', 'other', { key: 'two' });
    const next = new Wire();
    socket.attach(next);
    const said = next.sent.map(([, body]) => (body as { msg: unknown }).msg);
    expect(said).toEqual(['between', 'newest', 'other']);
  });

  it('confirms a message when it is answered, and none before those that came first', () => {
    const { socket, wire } = connected();
    const first = must(socket.receive('publish', [{ socketgd: 0, msg: 'x' }, () => undefined]));
    const second = must(socket.receive('publish', [{ socketgd: 1 }, () => undefined]));
    second.answer(true);
    expect(wire.acks()).toEqual([]);
    first.answer(true);
    expect(wire.acks()).toEqual([{ id: 1 }]);
  });

  it('answers a request that was repeated over the next socket, once it has the answer', () => {
    const { socket } = connected();
    const heard: unknown[][] = [];
    const over =
      (name: string) =>
      (...args: unknown[]) =>
        heard.push([name, ...args]);
    const request = must(socket.receive('publish', [{ socketgd: 0 }, over('first')]));
    socket.detach();
    socket.attach(new Wire());
    expect(socket.receive('publish', [{ socketgd: 0 }, over('second')])).toBeUndefined();
    request.answer('id');
    request.answer('twice');
    expect(heard).toEqual([['second', 'id']]);
    // Over one socket nothing is lost: it is not heard as often as it is asked for.
    expect(socket.receive('publish', [{ socketgd: 0 }, over('third')])).toBeUndefined();
    expect(heard).toEqual([['second', 'id']]);
    socket.attach(new Wire());
    expect(socket.receive('publish', [{ socketgd: 0 }, over('third')])).toBeUndefined();
    expect(heard).toEqual([
      ['second', 'id'],
      ['third', 'id'],
    ]);
  });

  it('understands messages without a number and callbacks that are not there', () => {
    const { socket, wire } = connected();
    const plain = must(socket.receive('event', ['text', () => undefined]));
    expect(plain.msg).toBe('text');
    plain.answer();
    const silent = must(socket.receive('clientDisconnection', [{ socketgd: 0 }, null]));
    silent.answer();
    expect(wire.acks()).toEqual([{ id: 0 }]);
    expect(must(socket.receive('event', [])).msg).toBeUndefined();
    expect(must(socket.receive('event', [{ socketgd: 'x' }])).msg).toEqual({ socketgd: 'x' });
  });

  it('delivers each message once and in order both ways, whatever sockets lose', () => {
    // Each step sends a message or breaks the socket; a broken one loses what is on its way.
    const step = fc.oneof(
      fc.constant('left' as const),
      fc.constant('right' as const),
      fc.record({ lostRight: fc.nat(6), lostLeft: fc.nat(6) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const run = new TwoEnds();
        for (const move of [...steps, { lostRight: 0, lostLeft: 0 }]) {
          if (typeof move === 'string') {
            run.send(move);
          } else {
            run.breakSocket(move.lostRight, move.lostLeft);
          }
        }
        run.settle();
        expect(run.right.got).toEqual(Array.from({ length: run.left.sent }, (_, index) => index));
        expect(run.left.got).toEqual(Array.from({ length: run.right.sent }, (_, index) => index));
        expect([run.left.socket.pending, run.right.socket.pending]).toEqual([0, 0]);
        // A request whose answer was lost is answered again: nobody waits for ever.
        expect([run.left.answered.size, run.right.answered.size]).toEqual([
          run.left.sent,
          run.right.sent,
        ]);
      }),
    );
  });
});

class End {
  readonly socket = new ReliableSocket();
  readonly got: unknown[] = [];
  readonly answered = new Set<unknown>();
  sent = 0;
}

/** Two reliable sockets joined by wires that deliver late and lose their tail when they break. */
class TwoEnds {
  readonly left = new End();
  readonly right = new End();
  #toRight: (() => void)[] = [];
  #toLeft: (() => void)[] = [];

  constructor() {
    this.#attach();
  }

  send(side: 'left' | 'right'): void {
    const end = this[side];
    end.socket.send('event', end.sent);
    end.sent += 1;
  }

  /** Some of what is on the way still arrives, in order; then both get a new socket. */
  breakSocket(arrivingRight: number, arrivingLeft: number): void {
    for (const run of [
      ...this.#toRight.splice(0, arrivingRight),
      ...this.#toLeft.splice(0, arrivingLeft),
    ]) {
      run();
    }
    this.#attach();
  }

  settle(): void {
    while (this.#toRight.length + this.#toLeft.length > 0) {
      this.#toRight.shift()?.();
      this.#toLeft.shift()?.();
    }
  }

  #attach(): void {
    const toRight: (() => void)[] = [];
    const toLeft: (() => void)[] = [];
    this.#toRight = toRight;
    this.#toLeft = toLeft;
    this.left.socket.attach(wireTo(this.right, this.left, toRight, toLeft));
    this.right.socket.attach(wireTo(this.left, this.right, toLeft, toRight));
  }
}

function wireTo(to: End, from: End, there: (() => void)[], back: (() => void)[]): Wire {
  const wire = new Wire();
  wire.emit = (event, body) => {
    const reply = (answer: unknown): void => void back.push(() => from.answered.add(answer));
    there.push(() => {
      const received = to.socket.receive(event, [body, reply]);
      if (received !== undefined) {
        to.got.push(received.msg);
        received.answer(received.msg);
      }
    });
  };
  return wire;
}
