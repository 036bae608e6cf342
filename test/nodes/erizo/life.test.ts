import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Registry } from 'prom-client';
import { Calls } from '../../../nodes/calls.ts';
import { Engine } from '../../../nodes/erizo/engine.ts';
import { Erizo } from '../../../nodes/erizo/erizo.ts';
import { Guard } from '../../../nodes/erizo/guard.ts';
import { Measures } from '../../../nodes/erizo/measures.ts';
import { createLog } from '../../../nodes/log.ts';
import { newStreamId, newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { memoryLinkPair } from '../../fakes/memory-link.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { evidenceDir } from '../../support/evidence.ts';
import { place } from '../../support/place.ts';
import { dateSteps, setDate, settableDate } from '../../support/set-date.ts';
import { testSockets } from '../../support/zmq.ts';
import { grantOf, roomId, trustOf } from './kit/grants.ts';
import { TestAgent } from './kit/test-agent.ts';
import { TestController } from './kit/test-controller.ts';
import { TestErizo } from './kit/test-erizo.ts';
import { erizoSuite } from './kit/suite.ts';

const suite = erizoSuite();

/** Holds this thread until the child has exited, and is only waiting for its parent to see it (state Z of proc(5)). */
function blockUntilExit(pid: number | undefined): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) {
    Atomics.wait(cell, 0, 0, 1);
  }
}

const start = (): Promise<TestErizo> => suite.start('eu-west');

describe('an ErizoJS process', () => {
  it('exits in order on SIGTERM', async () => {
    const erizo = await start();
    erizo.child.kill('SIGTERM');
    expect(await erizo.exit).toEqual([0, null]);
  });

  it('exits when its media worker dies', async () => {
    const erizo = await start();
    const { pid } = erizo.child;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    process.kill(Number(children.trim().split(' ')[0]), 'SIGKILL');
    expect(await erizo.exit).toEqual([1, null]);
  });

  it('that is drained takes no new client, and exits when its last one has left', async () => {
    const erizo = await start();
    const controller = TestController.dial(erizo);
    const ann = await suite.join(controller);
    const stream = await ann.publish();
    erizo.agentPeer.notify('stop', { now: false });
    // The counters come back over the same link, so the stop has been heard by then.
    expect(await erizo.counters()).toMatchObject({ clients: 1, publishers: 1 });
    const ben = await suite.join(controller);
    await expect(ben.subscribe(stream, [])).rejects.toMatchObject({ code: 'overloaded' });
    await controller.peer.call('removeClient', { clientId: ann.clientId });
    expect(await erizo.exit).toEqual([0, null]);
  });

  it('is heard to its last word, also by who reads it when the process is gone', async () => {
    const erizo = await start();
    const controller = TestController.dial(erizo);
    const ann = await suite.join(controller);
    await ann.publish();
    erizo.agentPeer.notify('stop', { now: false });
    expect(await erizo.counters()).toMatchObject({ clients: 1 });
    const removed = controller.peer.call('removeClient', { clientId: ann.clientId });
    // What was queued is with ZeroMQ's own thread a turn later; nothing is read here from then on.
    await new Promise(setImmediate);
    blockUntilExit(erizo.child.pid);
    await removed;
    expect(await erizo.exit).toEqual([0, null]);
  });

  it('goes on without its agent, and registers with the next one', async () => {
    const first = await TestAgent.create();
    const logFile = join(evidenceDir(), 'erizo-adopted.log');
    const erizo = await TestErizo.create(first, { region: 'eu-west', ip: place.ip(1), logFile });
    onTestFinished(() => erizo.end());
    const controller = TestController.dial(erizo);
    const ann = await suite.join(controller);
    await ann.publish();
    const port = Number(first.listener.endpoint.split(':').at(-1));
    await first.listener.close();
    // ZeroMQ gives a port back a little after it says so.
    const second = await vi.waitFor(() => TestAgent.create(port), 20_000);
    const adopted = await second.arrival(erizo.hop.erizoId);
    expect(adopted).toMatchObject({ pid: erizo.child.pid, endpoint: erizo.hop.endpoint });
    expect(adopted.load).toMatchObject({ clients: 1, publishers: 1 });
    await second.listener.close();
  });

  it('with an environment that is wrong says which variable it is', async () => {
    const main = resolve(import.meta.dirname, '../../../nodes/erizo/main.ts');
    const run = promisify(execFile)(process.execPath, [main], {
      env: { RIZOMA_ERIZO_ID: 'x' },
    });
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('environment.RIZOMA_ERIZO_ID'),
    });
  });
});

/** Begins to publish; the offer of the client does not come. */
async function halfPublished(controller: TestController): Promise<{ ended: Promise<unknown> }> {
  const options = { audio: true, video: true, label: 'a', plan: 'dual' as const };
  const stream = { roomId, clientId: newUuid(), streamId: newStreamId(), grant: await grantOf() };
  const named = Promise.withResolvers<void>();
  const ended = controller.peer.call(
    'addPublisher',
    { ...stream, options },
    { onPart: () => named.resolve() },
  );
  ended.catch(() => undefined);
  await named.promise;
  return { ended };
}

describe('a controller', () => {
  it('that comes back finds its clients, and hears what failed meanwhile', async () => {
    const erizo = await start();
    const controllerId = newUuid();
    const before = TestController.dial(erizo, controllerId);
    const ann = await suite.join(before);
    const ben = await suite.join(before);
    const stream = await ann.publish();
    await ben.subscribe(stream, []);
    const call = await halfPublished(before);
    before.peer.close();
    await expect(call.ended).rejects.toMatchObject({ code: 'link_down' });
    // It has noticed by the end of the call, and has nobody to tell what fails from now on.
    await erizo.settled(({ publishers }) => publishers === 1);
    await ben.dropConnections();
    await erizo.settled((counters) => counters.subscribers === 0);
    const after = TestController.dial(erizo, controllerId);
    const failure = await after.nextFailure();
    expect(failure).toMatchObject({ clientId: ben.clientId, why: 'transport' });
    const cleo = await suite.join(after);
    await cleo.subscribe(stream, []);
    await cleo.plays(stream);
  });

  it('stays linked with a process whose date is set, either way, and hears of no failure', async () => {
    const erizo = await suite.start('eu-west', { env: settableDate });
    const controller = TestController.dial(erizo);
    const ann = await suite.join(controller);
    const ben = await suite.join(controller);
    const stream = await ann.publish();
    await ben.subscribe(stream, []);
    for (let step = 0; step < dateSteps; step += 1) {
      setDate([erizo.child.pid ?? 0]);
      // Within these 3 s the links have been looked at whether they are silent.
      await ann.sends(90);
      await ben.plays(stream);
    }
    expect(controller.failures).toEqual([]);
    expect(await erizo.counters()).toMatchObject({ clients: 2, publishers: 1, subscribers: 1 });
    expect(erizo.isRunning).toBe(true);
  });

  it('whose link ends in the middle of a call leaves nothing of the call', async () => {
    const erizo = await start();
    const controller = TestController.dial(erizo);
    const call = await halfPublished(controller);
    expect(await erizo.counters()).toMatchObject({ clients: 1, connections: 1, publishers: 1 });
    controller.peer.close();
    await expect(call.ended).rejects.toMatchObject({ code: 'link_down' });
    await erizo.becomes({ clients: 0, connections: 0, publishers: 0, webRtcTransports: 0 });
  });

  it('that does not come back loses its clients after the time it had for it', async () => {
    const clock = new VirtualClock();
    const log = createLog('silent', {});
    const engine = await Engine.create(
      { log },
      {
        ip: place.ip(1),
        announcedIp: undefined,
        clientIp: undefined,
        ports: { min: 42_000, max: 42_999 },
        workerBin: process.env['MEDIASOUP_WORKER_BIN'],
        onDied: () => undefined,
      },
    );
    const self = { erizoId: newUuid(), nodeId: 'node', region: 'eu-west' };
    const guard = new Guard({ clock }, self);
    guard.learn(await trustOf({ nodeId: self.nodeId, region: self.region }));
    const registry = new Registry();
    const calls = new Calls({ registry });
    const measures = Measures.create({ engine, clock, registry });
    const recording = { dir: undefined, ports: { min: 42_000, max: 42_999 } };
    const { zmq, close } = await testSockets();
    const caller = { nodeId: 'node', region: 'eu-west', mediaIp: '127.0.0.1' };
    const components = { engine, clock, log, guard, calls, measures, zmq };
    const options = { self, onChange: () => undefined, recording, allowedInputs: [] };
    const erizo = new Erizo(components, options);
    const [here, there] = memoryLinkPair();
    erizo.onLink(there, JSON.stringify({ kind: 'controller', id: newUuid() }), caller);
    const controller = new TestController(here);
    const ann = await suite.join(controller);
    await ann.publish();
    const [other, another] = memoryLinkPair();
    erizo.onLink(another, JSON.stringify({ kind: 'controller', id: newUuid() }), caller);
    const watcher = new TestController(other);
    controller.peer.close();
    // A memory link says that it ended a turn later: an answer over another one comes after that.
    await watcher.peer.call('keepAlive', {});
    clock.advance(limits.reconnection_ms - 1);
    expect(await erizo.counters()).toMatchObject({ clients: 1, producers: 2 });
    clock.advance(1);
    expect(await erizo.counters()).toMatchObject({ clients: 0, producers: 0, webRtcTransports: 0 });
    await erizo.close();
    close();
    engine.close();
  });
});
