import { text } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import { systemClock } from '../../protocol/clock.ts';
import { Calls } from '../calls.ts';
import { endProcess } from '../end-process.ts';
import { giveBackWhenIdle } from '../give-back.ts';
import { Keyring } from '../link/keyring.ts';
import { ZmqSockets } from '../link/zmq-sockets.ts';
import { createLog } from '../log.ts';
import { surviveErrors } from '../survive.ts';
import { counter } from '../meters.ts';
import { AgentLink } from './agent-link.ts';
import { readConfig, readCurveKeys } from './config.ts';
import { Engine } from './engine.ts';
import { Erizo } from './erizo.ts';
import { Guard } from './guard.ts';
import { LoadMeter } from './load.ts';
import { Measures } from './measures.ts';
import { warmUp } from './warm-up.ts';

/** An ErizoJS process: one worker, one way in for controllers and neighbours, one way to its agent. */
const config = readConfig(process.env);
const { erizoId, nodeId, region, ip } = config;
const mediaIp = config.announcedIp ?? ip;
const log = createLog(config.logLevel, { erizoId, nodeId, region });
const clock = systemClock;
const own = readCurveKeys(await text(process.stdin));
const keyring = Keyring.create({ clock, log }, { nodeId, region, mediaIp, own });
const registry = new Registry();
const strangers = counter(registry, 'rizoma_strangers_refused_total');
const zmq = await ZmqSockets.create(
  { clock, log, keyring },
  { localDir: config.socketDir, onRefused: () => strangers.inc() },
);

const engine = await Engine.create(
  { log },
  {
    ip,
    announcedIp: config.announcedIp,
    clientIp: config.clientIp,
    ports: config.mediaPorts,
    workerBin: config.workerBin,
    onDied: () => {
      // The clients of this process are gone with it; the agent starts another one.
      log.fatal('the media worker died');
      process.exit(1);
    },
  },
);
await warmUp(engine);
const guard = new Guard({ clock }, { region });
const calls = new Calls({ registry });
const measures = Measures.create({ engine, clock, registry });
const erizo = new Erizo(
  { engine, clock, log, guard, calls, measures, zmq },
  {
    self: { erizoId, nodeId, region },
    onChange: () => exitWhenIdle(),
    recording: { dir: config.recordingDir, ports: config.mediaPorts },
    allowedInputs: config.allowedInputs,
  },
);
const listener = await zmq.listen({
  ip,
  onLink: (link, hello, caller) => erizo.onLink(link, hello, caller),
});
const meter = new LoadMeter({
  engine,
  clock,
  processCpu_ms: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
});

let stopping = false;
let exiting = false;

const agent = AgentLink.create(
  { clock, log },
  {
    erizoId,
    pid: process.pid,
    endpoint: listener.endpoint,
    dial: () =>
      zmq.dial({
        to: { nodeId, endpoint: config.agentEndpoint },
        hello: JSON.stringify({ kind: 'erizo', id: erizoId }),
        name: 'agent',
      }),
    load: async () => {
      const load = await meter.measure(erizo.counted);
      erizo.tellLoad(load);
      return load;
    },
    counters: () => erizo.counters(),
    onTrust: (trust) => guard.learn(trust),
    measures: () => measures.read(),
    onCall: calls.to('agent'),
    onStop: (now) => stop(now),
    onMembers: (keys) => keyring.replace(keys),
    onOrphan: () => {
      if (erizo.isIdle) {
        void exit();
      }
    },
  },
);
const uncaught = counter(registry, 'rizoma_uncaught_errors_total');
surviveErrors({ clock, log }, { onError: () => uncaught.inc() });
log.info({ endpoint: listener.endpoint }, 'ErizoJS started');
const keepMemory = giveBackWhenIdle({ clock }, () => erizo.isIdle);

/** Ends at once, or takes no more clients and ends when the last one has left. */
function stop(now: boolean): void {
  log.info({ now }, 'stopping');
  if (now) {
    void exit();
    return;
  }
  stopping = true;
  erizo.drain();
  exitWhenIdle();
}

/** A turn later: whoever took the last client away gets an answer first. */
function exitWhenIdle(): void {
  if (!stopping) {
    return;
  }
  setImmediate(() => {
    if (erizo.isIdle) {
      void exit();
    }
  });
}

async function exit(): Promise<void> {
  if (exiting) {
    return;
  }
  exiting = true;
  keepMemory();
  try {
    await erizo.close();
    agent.close();
    await listener.close();
    zmq.close();
    keyring.close();
    engine.close();
    log.info('ErizoJS stopped');
    endProcess();
  } catch (err) {
    // Whatever could not be closed ends with the process.
    log.error({ err }, 'ErizoJS stopped out of order');
    process.exit(1);
  }
}

process.on('SIGTERM', () => void exit());
process.on('SIGINT', () => void exit());
