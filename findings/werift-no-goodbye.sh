#!/usr/bin/env bash
# werift 0.25.2 (npm): `RTCPeerConnection.close()` sends nothing that tells the other side.
#
# RFC 5246, section 7.2.1, has each side send a `close_notify` alert before it closes; the consent of RFC 7675 is only the net
# below it. Chromium, Firefox and mediasoup 3.27.1 send the alert, and the other side closes at once. Whoever was connected with a
# werift peer takes it for alive until its consent runs out, up to 30 s later: an SFU that hears of the leaving in no other
# way keeps the client's streams for that time, and may take a new client at the same address and port for the old one.
#
# What to do: say goodbye over the signalling, or write a record of the type alert before closing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-fund --no-audit --loglevel error --save-exact werift@0.25.2 >/dev/null
cat >try.mjs <<'JS'
import { RTCPeerConnection } from 'werift';

const options = { iceServers: [], iceUseIpv6: false };
const [one, two] = [new RTCPeerConnection(options), new RTCPeerConnection(options)];
const channel = one.createDataChannel('words');
const isOpen = new Promise((resolve) => channel.stateChanged.subscribe((state) => state === 'open' && resolve()));
await one.setLocalDescription(await one.createOffer());
await two.setRemoteDescription(one.localDescription);
await two.setLocalDescription(await two.createAnswer());
await one.setRemoteDescription(two.localDescription);
await isOpen;

/** Types of the DTLS records that come after the close: 21 is an alert (RFC 5246, section 6.2.1). */
const records = [];
two.iceTransports[0].connection.onData.subscribe((packet) => records.push(packet[0]));
const before = two.connectionState;
await one.close();
await new Promise((resolve) => setTimeout(resolve, 3_000));
console.log(JSON.stringify({ before, after: two.connectionState, alerts: records.filter((type) => type === 21).length }));
process.exit(0);
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = '{"before":"connected","after":"connected","alerts":0}' ]
echo 'as found: werift 0.25.2 closes without a word'
