import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { erizoDefaults } from '../../../nodes/erizo/config.ts';
import { Connection } from '../../../nodes/erizo/connection.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { answerTo, newConnections, newOwner, tracksOf } from './client-kit.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function newConnection(): Connection {
  const nothing = (): void => undefined;
  return new Connection(
    { clock: new VirtualClock(), log: pino({ level: 'silent' }) },
    { onFailed: nothing, onEnd: nothing },
  );
}

describe('descriptions of one connection', () => {
  it('are taken one after another, and others have a turn between them', async () => {
    const connection = newConnection();
    const order: string[] = [];
    const take = (name: string): Promise<void> =>
      connection.inOrder(async () => {
        order.push(name);
        setImmediate(() => order.push(`another after ${name}`));
      });
    await Promise.all([take('one'), take('two'), take('three')]);
    expect(order).toEqual(['one', 'another after one', 'two', 'another after two', 'three']);
  });

  it('wait for it up to a number, past which they are refused in words, until one is taken', async () => {
    const connection = newConnection();
    const hold = Promise.withResolvers<void>();
    const most = 1 + erizoDefaults.waitingDescriptions;
    const waiting = Array.from({ length: most }, () => connection.inOrder(() => hold.promise));
    await expect(connection.inOrder(async () => undefined)).rejects.toMatchObject({
      code: 'overloaded',
      message: expect.stringMatching(/send the next when one is answered/),
    });
    hold.resolve();
    await Promise.all(waiting);
    await settled();
    expect(await connection.inOrder(async () => 'taken')).toBe('taken');
  });

  it('are read only as far as the connection has m-sections', async () => {
    const { connections, offers } = newConnections();
    const target = connections.subscribeTarget('dual');
    const owner = newOwner(1);
    target.join(owner);
    void target.send(owner, tracksOf(1), { atOnce: false });
    await settled();
    const answer = answerTo(offers[0] ?? '');
    const { id } = target.connection;
    await connections.onMessage(id, { type: 'answer', sdp: answer });
    const sdp = `${answer}m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n`;
    await expect(connections.onMessage(id, { type: 'offer', sdp })).rejects.toMatchObject({
      message: expect.stringMatching(/more than 2 m-sections/),
    });
    connections.close();
  });
});
