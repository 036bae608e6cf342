import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rootDir } from '../../infra/paths.ts';
import { whyNoWan } from './permission.ts';
import type { Host } from './wan.ts';
import { Wan } from './wan.ts';

/** The delay, loss and cuts that are set on a WAN, as programs on its hosts see them. */

const port = 7_000;
const Arrived = v.array(v.tuple([v.number(), v.number()]));
const why = whyNoWan();

describe.skipIf(why !== undefined)(`the ways of a WAN ${why ?? ''}`, () => {
  let wan: Wan;
  let children: ChildProcess[];

  beforeAll(async () => {
    wan = await Wan.create();
    await wan.addHost('eu');
    await wan.addHost('us');
    children = [await startEcho(wan.host('us'))];
  });

  afterAll(async () => {
    for (const child of children ?? []) {
      child.kill();
    }
    await wan?.close();
  });

  function start(host: Host, args: readonly string[]) {
    const words = [...host.enter, process.execPath, join(rootDir, 'test/wan/echo.ts'), ...args];
    const [program = '', ...rest] = words;
    return spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  async function startEcho(host: Host): Promise<ChildProcess> {
    const child = start(host, [String(port)]);
    await once(child.stdout, 'data');
    return child;
  }

  /** Number and milliseconds of each datagram that came back, in the order of arrival. */
  async function send(from: Host, count: number): Promise<[number, number][]> {
    const child = start(from, [String(port), wan.host('us').ip, String(count)]);
    return v.parse(Arrived, JSON.parse(await text(child.stdout)));
  }

  async function ping(from: Host, count: number): Promise<number[]> {
    return (await send(from, count)).map(([, took_ms]) => took_ms);
  }

  test('a datagram takes at least the round trip that was set, and more once more was set', async () => {
    await wan.link('eu', 'us', { rtt_ms: 80 });
    const first = await ping(wan.host('eu'), 40);
    expect(first).toHaveLength(40);
    expect(Math.min(...first)).toBeGreaterThanOrEqual(80);

    await wan.link('eu', 'us', { rtt_ms: 240 });
    const second = await ping(wan.host('eu'), 40);
    expect(Math.min(...second)).toBeGreaterThanOrEqual(240);
    // The quickest of many has hardly waited for anything but the way.
    expect(Math.min(...first)).toBeLessThan(240);
  });

  test('nothing passes a cut, all passes when it is healed, and the way is the one from before', async () => {
    await wan.link('eu', 'us', { rtt_ms: 80 });
    await wan.cut('eu', 'us');
    expect(await ping(wan.host('eu'), 10)).toEqual([]);
    await wan.heal('eu', 'us');
    const healed = await ping(wan.host('eu'), 10);
    expect(healed).toHaveLength(10);
    expect(Math.min(...healed)).toBeGreaterThanOrEqual(80);
  });

  test('a cut is between two hosts alone', async () => {
    await wan.cut('eu', 'us');
    expect(await ping(wan.host('here'), 10)).toHaveLength(10);
    await wan.heal('eu', 'us');
  });

  test('a way loses the share that was asked for, and jitter reorders nothing', async () => {
    await wan.link('eu', 'us', { rtt_ms: 20, jitter_ms: 30, loss: 0.3 });
    const before = await wan.bytes('eu', 'us');
    const came = (await send(wan.host('eu'), 200)).map(([number]) => number);
    expect(came).toEqual(came.toSorted((a, b) => a - b));
    // About half of 200 pass both ways; a loss of nothing or of all is impossible by far.
    expect(came.length).toBeGreaterThan(50);
    expect(came.length).toBeLessThan(150);
    // An IP header, a UDP header and four bytes: 32 for each that got there.
    const handed = ((await wan.bytes('eu', 'us')) - before) / 32;
    expect(handed).toBeGreaterThanOrEqual(came.length);
    expect(handed).toBeLessThan(200);
    await wan.link('eu', 'us', { rtt_ms: 0 });
  });

  test('two WANs stand side by side, and one that is closed leaves nothing', async () => {
    const other = await Wan.create();
    const host = await other.addHost('eu');
    expect(host.ip).not.toBe(wan.host('eu').ip);
    const namespace = host.enter[1]?.replace('--net=', '') ?? '';
    expect(existsSync(namespace)).toBe(true);
    await other.close();
    expect(existsSync(namespace)).toBe(false);
    await expect(other.addHost('us')).rejects.toThrow('the forwarder has ended');
  });

  test('an unknown host is refused, with the names of the hosts that there are', async () => {
    await expect(wan.cut('eu', 'mars')).rejects.toThrow('no host "mars". Hosts: here, eu, us');
  });
});
