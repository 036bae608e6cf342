#!/usr/bin/env bash
# workerd 1.20261102.1 (npm): `performance.now()` is the date.
#
# W3C High Resolution Time, section 4, has the monotonic clock go on whatever becomes of the date, and browsers and Node count from
# the start of the page or the process. In workerd `performance.timeOrigin` is 0 and `performance.now()` the same number as
# `Date.now()`, which jumps when the host's date is set: there is no clock for durations. A lease, a silence or a rate that is kept in
# a Worker or a Durable Object ends at once after a step ahead, and never for the length of a step back, whichever
# of the two it is measured with.
#
# What to do: take no single look at the clock for a long silence (an alarm that comes much later than it was set for is a step),
# and take a time that is yet to come for one of before the step.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-fund --no-audit --loglevel error --save-exact workerd@1.20261102.1 >/dev/null
cat >worker.js <<'JS'
export default {
  fetch: () => Response.json({ timeOrigin: performance.timeOrigin, isDate: performance.now() === Date.now() }),
};
JS
cat >config.capnp <<'CAPNP'
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [(name = "worker.js", esModule = embed "worker.js")], compatibilityDate = "2026-10-01"))],
  sockets = [(name = "http", address = "unix:socket", http = (), service = "main")],
);
CAPNP
"$(node -p "require('workerd').default")" serve config.capnp &
workerd=$!
trap 'kill $workerd; rm -rf "$work"' EXIT
for _ in $(seq 100); do [ -S socket ] && break; sleep 0.1; done
seen=$(curl -s --unix-socket socket http://worker/)
echo "workerd: $seen"
[ "$seen" = '{"timeOrigin":0,"isDate":true}' ]
echo 'as found: workerd 1.20261102.1 has no clock but the date'
