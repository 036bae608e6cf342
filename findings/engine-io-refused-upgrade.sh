#!/usr/bin/env bash
# engine.io 6.6.12 (npm): a WebSocket that `allowRequest` refuses is answered 400, and a poll that it refuses 403.
#
# The poll is told JSON, whose code 4 means "forbidden"; the WebSocket is told the bare text. A proxy or a client that goes by the
# status takes a refused WebSocket for a malformed request.
#
# What to do: put a code of your own at the beginning of the text, or refuse upgrades in the HTTP server before engine.io sees them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-fund --no-audit --loglevel error --save-exact engine.io@6.6.12 >/dev/null
cat >try.cjs <<'JS'
const http = require('node:http');
const { attach } = require('engine.io');
const server = http.createServer();
attach(server, { allowRequest: (_request, answer) => answer('not now', false) });
const get = (port, transport, headers) =>
  new Promise((resolve) => {
    const path = `/engine.io/?EIO=4&transport=${transport}`;
    const request = http.get({ port, path, headers }, (response) => {
      let body = '';
      response.on('data', (part) => (body += part)).on('end', () => resolve(`${transport} ${response.statusCode} ${body}`));
    });
    request.end();
  });
server.listen(0, async () => {
  const { port } = server.address();
  console.log(await get(port, 'polling', {}));
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  console.log(await get(port, 'websocket', upgrade));
  process.exit(0);
});
JS
node try.cjs >seen
cat seen
cat >expected <<'TEXT'
polling 403 {"code":4,"message":"not now"}
websocket 400 not now
TEXT
diff expected seen
echo 'as found: engine.io 6.6.12 answers a refused WebSocket with 400'
