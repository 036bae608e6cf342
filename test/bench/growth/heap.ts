import { setTimeout as pass } from 'node:timers/promises';
import * as v from 'valibot';
import { parse, parseJson } from '../../../protocol/parse.ts';

/** Where Node's inspector listens when a process is sent SIGUSR1. */
const inspector = 'http://127.0.0.1:9229';
const retry_ms = 20;
/** The next process gets the port. An inspector that is closed with a session open may take its process along. */
const closeSoon =
  "setTimeout(() => process.getBuiltinModule('node:inspector').close(), 300).unref()";
const patience_ms = 10_000;

const Targets = v.tuple([v.looseObject({ webSocketDebuggerUrl: v.string() })]);
const Message = v.looseObject({ id: v.optional(v.number()), result: v.optional(v.unknown()) });
const Evaluated = v.looseObject({ result: v.looseObject({ value: v.unknown() }) });
const Usage = v.object({ pid: v.number(), heapUsed: v.number(), external: v.number() });

/**
 * Collects the garbage of any living Node process, through its inspector, and says what is left, in KiB: its heap,
 * and the buffers and what else is held from there.
 */
export async function heapOf(pid: number): Promise<number> {
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await debuggerUrl());
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  // What finalizers let go of is there for the second one.
  await call(socket, 1, 'HeapProfiler.collectGarbage', {});
  await call(socket, 2, 'HeapProfiler.collectGarbage', {});
  const expression = '({ pid: process.pid, ...process.memoryUsage() })';
  const answer = await call(socket, 3, 'Runtime.evaluate', { expression, returnByValue: true });
  const usage = parse(Usage, parse(Evaluated, answer, 'an evaluation').result.value, 'its memory');
  if (usage.pid !== pid) {
    throw new Error(`process ${usage.pid} has port 9229, where process ${pid} is to be asked`);
  }
  await call(socket, 4, 'Runtime.evaluate', { expression: closeSoon });
  const ended = new Promise((resolve) => {
    socket.addEventListener('close', resolve, { once: true });
  });
  socket.close();
  await ended;
  await closed();
  return (usage.heapUsed + usage.external) / 1024;
}

function call(socket: WebSocket, id: number, method: string, params: object): Promise<unknown> {
  return new Promise((resolve) => {
    const onMessage = ({ data }: MessageEvent): void => {
      const message = parseJson(Message, String(data), 'a message of the inspector');
      if (message.id === id) {
        socket.removeEventListener('message', onMessage);
        resolve(message.result);
      }
    };
    socket.addEventListener('message', onMessage);
    socket.send(JSON.stringify({ id, method, params }));
  });
}

async function debuggerUrl(): Promise<string> {
  for (const until_ms = performance.now() + patience_ms; performance.now() < until_ms;) {
    const text = await targets();
    if (text !== undefined) {
      return parseJson(Targets, text, 'what can be inspected')[0].webSocketDebuggerUrl;
    }
    await pass(retry_ms);
  }
  throw new Error('no inspector came up at port 9229');
}

async function closed(): Promise<void> {
  while ((await targets()) !== undefined) {
    await pass(retry_ms);
  }
}

async function targets(): Promise<string | undefined> {
  try {
    return await (await fetch(`${inspector}/json/list`)).text();
  } catch {
    return undefined;
  }
}
