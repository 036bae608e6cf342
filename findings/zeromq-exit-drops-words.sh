#!/usr/bin/env bash
# zeromq 6.8.0 (npm): `process.exit()` drops what a closed socket has yet to send, whatever its `linger` is.
#
# The documentation of `Context` says that contexts keep the process from ending while there are messages in an outgoing queue, also
# of a socket that was closed. That holds where the process ends by itself. `process.exit()` waits for nothing, with the
# global context and with one of its own: an answer and a goodbye that were sent just before it arrive nearly always, as ZeroMQ's own
# thread is quick, and not on a busy host, where the other side takes the process for one that was killed.
#
# What to do: close the sockets, cancel every timer, set `process.exitCode` and let the process end.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-fund --no-audit --loglevel error --save-exact zeromq@6.8.0 >/dev/null
cat >sender.mjs <<'JS'
import { Push } from 'zeromq';

const socket = new Push({ linger: 10_000 });
await socket.bind('tcp://127.0.0.1:*');
console.log(socket.lastEndpoint);
for (let sent = 0; sent < 200; sent += 1) {
  await socket.send(Buffer.alloc(100_000));
}
socket.close();
if (process.argv[2] === 'exit') {
  process.exit(0);
}
JS
cat >receiver.mjs <<'JS'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pass } from 'node:timers/promises';
import { Pull } from 'zeromq';

/** How many of 200 messages a slow reader gets of a sender that ends in that way. */
async function received(how) {
  const sender = spawn(process.execPath, ['sender.mjs', how], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(sender.stdout, 'data');
  const socket = new Pull({ receiveHighWaterMark: 5, receiveTimeout: 3_000 });
  socket.connect(String(line).trim());
  let count = 0;
  try {
    for (; count < 200; count += 1) {
      await socket.receive();
      await pass(2);
    }
  } catch {
    // Nothing more comes.
  }
  socket.close();
  return count;
}

const [exit, end] = [await received('exit'), await received('end')];
console.log(JSON.stringify({ afterExit: exit < 200 ? 'fewer than 200' : 'all', afterEnd: end }));
process.exit(0);
JS
seen=$(node receiver.mjs)
echo "$seen"
[ "$seen" = '{"afterExit":"fewer than 200","afterEnd":200}' ]
echo 'as found: zeromq 6.8.0 sends nothing more after process.exit()'
