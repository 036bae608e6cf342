import { describe, expect, it } from 'vitest';
import { poolTimes } from '../../../nodes/agent/pool-state.ts';
import { PoolDriver, busy, quiet } from './pool-driver.ts';

describe('the pool of ErizoJS processes', () => {
  it('starts as many as are to be kept ready, and no more', () => {
    const pool = new PoolDriver({ prerunProcesses: 2, maxProcesses: 4 });
    expect(pool.step({ is: 'tick' })).toEqual([
      { do: 'start', erizoId: 'e1' },
      { do: 'start', erizoId: 'e2' },
    ]);
    expect(pool.step({ is: 'tick' })).toEqual([]);
  });

  it('gives out the first idle one and starts another in its place', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 3 });
    expect(pool.ask(1)).toEqual([
      { do: 'grant', requestId: 1, erizoId: 'e1' },
      { do: 'start', erizoId: 'e2' },
    ]);
  });

  it('makes up for one that it gave out when the join is over, while another is ready', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 2, maxProcesses: 4 });
    expect(pool.ask(1)).toEqual([{ do: 'grant', requestId: 1, erizoId: 'e1' }]);
    expect(pool.pass(1_999)).toEqual([]);
    expect(pool.pass(1)).toEqual([{ do: 'start', erizoId: 'e3' }]);
  });

  it('lets a request wait for a process that is starting, and keeps another one ready beside it', () => {
    const pool = new PoolDriver({ prerunProcesses: 1, maxProcesses: 3 });
    pool.step({ is: 'tick' });
    expect(pool.ask(1)).toEqual([{ do: 'start', erizoId: 'e2' }]);
    expect(pool.register('e1')).toEqual([{ do: 'grant', requestId: 1, erizoId: 'e1' }]);
    expect(pool.register('e2')).toEqual([]);
    expect(pool.kinds()).toEqual({ e1: 'used', e2: 'idle' });
  });

  it('starts one for each that waits, up to the maximum, and refuses who is left over', () => {
    const pool = new PoolDriver({ prerunProcesses: 0, maxProcesses: 2 });
    expect(pool.ask(1)).toEqual([{ do: 'start', erizoId: 'e1' }]);
    expect(pool.ask(2)).toEqual([{ do: 'start', erizoId: 'e2' }]);
    expect(pool.ask(3)).toMatchObject([{ do: 'refuse', requestId: 3, code: 'overloaded' }]);
  });

  it('gives the least busy one where all are used, but none that does not do', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 2, maxProcesses: 2 });
    pool.ask(1);
    pool.ask(2);
    pool.load('e1', busy(5));
    pool.load('e2', busy(2));
    expect(pool.ask(3)).toEqual([{ do: 'grant', requestId: 3, erizoId: 'e2' }]);
    expect(pool.ask(4, ['e2'])).toEqual([{ do: 'grant', requestId: 4, erizoId: 'e1' }]);
    expect(pool.ask(5, ['e1', 'e2'])).toMatchObject([{ do: 'refuse', code: 'overloaded' }]);
  });

  it('counts what it gave out since a process last spoke, so that a burst is spread', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 2, maxProcesses: 2 });
    const given = [1, 2, 3, 4].flatMap((requestId) => pool.ask(requestId));
    expect(given.map((effect) => 'erizoId' in effect && effect.erizoId)).toEqual([
      'e1',
      'e2',
      'e1',
      'e2',
    ]);
  });

  it('takes a process back that has been quiet for 5 s, and stops the one that is then too many', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 3 });
    pool.ask(1);
    pool.register('e2');
    pool.load('e1', busy(1));
    pool.pass(60_000);
    expect(pool.kinds()).toEqual({ e1: 'used', e2: 'idle' });
    pool.load('e1', quiet);
    expect(pool.pass(4_999)).toEqual([]);
    expect(pool.pass(1)).toEqual([{ do: 'stop', erizoId: 'e1', now: false }]);
    expect(pool.exit('e1')).toEqual([{ do: 'tellExited', erizoId: 'e1' }]);
    expect(pool.kinds()).toEqual({ e2: 'idle' });
  });

  it('does not take a process back whose next client came within 5 s', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 1 });
    pool.ask(1);
    pool.pass(4_000);
    pool.load('e1', busy(1));
    pool.pass(4_000);
    expect(pool.kinds()).toEqual({ e1: 'used' });
  });

  it('counts a process as used that carries a client nobody asked for', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 2 });
    expect(pool.load('e1', busy(1))).toEqual([{ do: 'start', erizoId: 'e2' }]);
    expect(pool.kinds()).toEqual({ e1: 'used', e2: 'starting' });
  });

  it('replaces one that exits at once, and tells', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 2 });
    expect(pool.exit('e1')).toEqual([
      { do: 'tellExited', erizoId: 'e1' },
      { do: 'start', erizoId: 'e2' },
    ]);
  });

  it('starts another one for a request whose process died before it was ready', () => {
    const pool = new PoolDriver({ prerunProcesses: 0, maxProcesses: 1 });
    pool.ask(1);
    expect(pool.exit('e1')).toContainEqual({ do: 'start', erizoId: 'e2' });
    expect(pool.register('e2')).toEqual([{ do: 'grant', requestId: 1, erizoId: 'e2' }]);
  });

  it('waits 1 s, then twice as long each time, up to 30 s, while processes die early', () => {
    const pool = new PoolDriver({ prerunProcesses: 1, maxProcesses: 1 });
    pool.step({ is: 'tick' });
    const waits: number[] = [];
    for (let death = 1; death <= 8; death += 1) {
      const [id = ''] = Object.keys(pool.kinds());
      pool.exit(id);
      let waited_ms = 0;
      while (Object.keys(pool.kinds()).length === 0) {
        pool.pass(250);
        waited_ms += 250;
      }
      waits.push(waited_ms);
    }
    expect(waits).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('forgets early deaths when a process lives', () => {
    const pool = new PoolDriver({ prerunProcesses: 1, maxProcesses: 1 });
    pool.step({ is: 'tick' });
    pool.exit('e1');
    pool.exit('e2');
    pool.pass(1_000);
    pool.register('e3');
    pool.pass(30_000);
    expect(pool.exit('e3')).toContainEqual({ do: 'start', erizoId: 'e4' });
  });

  it('answers unavailable where the wait of a crash loop is longer than the caller would wait', () => {
    const pool = new PoolDriver({ prerunProcesses: 1, maxProcesses: 1 });
    pool.step({ is: 'tick' });
    for (let death = 0; death < 5; death += 1) {
      pool.exit(Object.keys(pool.kinds())[0] ?? '');
      pool.pass(death < 4 ? 2 ** death * 500 : 0);
    }
    expect(pool.ask(1, [], 1_000)).toMatchObject([{ do: 'refuse', code: 'unavailable' }]);
    expect(pool.ask(2, [], 60_000)).toEqual([]);
  });

  it('kills a process that does not register in 15 s, and starts another when its exit was seen', () => {
    const pool = new PoolDriver({ prerunProcesses: 1, maxProcesses: 1 });
    pool.step({ is: 'tick' });
    expect(pool.pass(15_000)).toMatchObject([{ do: 'kill', erizoId: 'e1' }]);
    expect(pool.exit('e1')).toContainEqual({ do: 'start', erizoId: 'e2' });
  });

  it('kills a process whose link stays down for 10 s, and gives it to nobody meanwhile', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 2 });
    pool.step({ is: 'unlinked', erizoId: 'e1' });
    expect(pool.ask(1)).toEqual([{ do: 'start', erizoId: 'e2' }]);
    expect(pool.pass(10_000)).toContainEqual({
      do: 'kill',
      erizoId: 'e1',
      why: 'its link was down for 10000 ms',
    });
  });

  it('keeps a process whose link came back', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 1 });
    pool.step({ is: 'unlinked', erizoId: 'e1' });
    pool.pass(9_000);
    pool.register('e1');
    expect(pool.pass(9_000)).toEqual([]);
    expect(pool.kinds()).toEqual({ e1: 'idle' });
  });

  it('adopts a process that it did not start, as used where it carries clients', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 2 });
    pool.register('old', busy(3));
    expect(pool.kinds()).toEqual({ e1: 'idle', old: 'used' });
  });

  it('stops its idle one where those that it adopted are all that there may be', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 2 });
    pool.register('old', busy(3));
    expect(pool.register('older', busy(3))).toEqual([{ do: 'stop', erizoId: 'e1', now: false }]);
    expect(pool.exit('e1')).toEqual([{ do: 'tellExited', erizoId: 'e1' }]);
  });

  it('says again that a process is to stop when its link comes back', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 0, maxProcesses: 2 });
    pool.register('old', quiet);
    expect(pool.kinds()).toEqual({ old: 'stopping' });
    expect(pool.register('old')).toEqual([{ do: 'stop', erizoId: 'old', now: false }]);
  });

  it('replaces those that are up for a week and idle, one after the other', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 2, maxProcesses: 3 });
    expect(pool.pass(poolTimes.uptime_ms - 1)).toEqual([]);
    expect(pool.pass(1)).toEqual([
      { do: 'stop', erizoId: 'e1', now: false },
      { do: 'start', erizoId: 'e3' },
    ]);
    pool.register('e3');
    expect(pool.exit('e1')).toEqual([
      { do: 'tellExited', erizoId: 'e1' },
      { do: 'stop', erizoId: 'e2', now: false },
      { do: 'start', erizoId: 'e4' },
    ]);
  });

  it('keeps one that is up for longer until it was idle for 3 h', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 1 });
    pool.load('e1', busy(1));
    expect(pool.pass(2 * poolTimes.uptime_ms)).toEqual([]);
    pool.load('e1', quiet);
    pool.pass(poolTimes.quiet_ms);
    expect(pool.pass(poolTimes.idle_ms - 1)).toEqual([]);
    expect(pool.pass(1)).toEqual([{ do: 'stop', erizoId: 'e1', now: false }]);
    expect(pool.exit('e1')).toContainEqual({ do: 'start', erizoId: 'e2' });
  });

  it('gives a full process to nobody', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 1, consumersPerErizo: 4 });
    pool.load('e1', { ...busy(2), consumers: 4 });
    expect(pool.ask(1)).toMatchObject([{ do: 'refuse', code: 'overloaded' }]);
    pool.load('e1', { ...busy(1), consumers: 2 });
    expect(pool.ask(2)).toMatchObject([{ do: 'grant', erizoId: 'e1' }]);
  });

  it('kills one that has nothing open and still does not stop', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 0, maxProcesses: 2 });
    pool.register('old', quiet);
    pool.load('old', busy(1));
    expect(pool.pass(60_000)).toEqual([]);
    pool.load('old', quiet);
    pool.pass(0);
    expect(pool.pass(3_000)).toMatchObject([{ do: 'kill', erizoId: 'old' }]);
  });

  it('kills what a controller says does not answer', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 1 });
    expect(pool.step({ is: 'deleted', erizoId: 'e1' })).toMatchObject([{ do: 'kill' }]);
    expect(pool.step({ is: 'deleted', erizoId: 'e1' })).toEqual([]);
  });

  it('lets a request wait for the place of a process that is stopping', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 1 });
    pool.step({ is: 'deleted', erizoId: 'e1' });
    expect(pool.ask(1)).toEqual([]);
    expect(pool.exit('e1')).toContainEqual({ do: 'start', erizoId: 'e2' });
    expect(pool.register('e2')).toEqual([{ do: 'grant', requestId: 1, erizoId: 'e2' }]);
  });

  it('forgets a request that was given up', () => {
    const pool = new PoolDriver({ prerunProcesses: 0, maxProcesses: 1 });
    pool.ask(1);
    pool.step({ is: 'cancelled', requestId: 1 });
    expect(pool.register('e1')).toEqual([{ do: 'stop', erizoId: 'e1', now: false }]);
  });

  it('stops all at once when it closes, refuses who waits and starts nothing more', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 2 });
    pool.load('e1', busy(1));
    pool.ask(1);
    expect(pool.step({ is: 'closing' })).toEqual([
      { do: 'stop', erizoId: 'e1', now: true },
      { do: 'stop', erizoId: 'e2', now: true },
      { do: 'refuse', requestId: 1, code: 'unavailable', message: 'the agent ends' },
    ]);
    expect(pool.pass(3_000)).toMatchObject([{ do: 'kill' }, { do: 'kill' }]);
    pool.exit('e1');
    pool.exit('e2');
    expect(pool.kinds()).toEqual({});
    expect(pool.pass(60_000)).toEqual([]);
  });

  it('leaves the state that it was given as it was', () => {
    const pool = PoolDriver.ready({ prerunProcesses: 1, maxProcesses: 2 });
    const before = structuredClone(pool.state);
    const held = pool.state;
    pool.ask(1);
    pool.exit('e1');
    expect(held).toEqual(before);
  });
});
