#!/usr/bin/env bash
# sdp-transform 3.0.0 (npm): the value of `a=mid` is a number where it looks like one, and a string otherwise.
#
# RFC 8866 and RFC 5888 make the mid a token, and @types/sdp-transform declares `mid` as a string. Browsers
# number their sections, so `mid` is mostly a number at run time: `===` with the `mid` of an RTCRtpTransceiver, which is a string,
# never holds, and a Map with one as its key does not find the other. Of two sections with the mids "1" and "01" one is a number and
# one a string. `write` gives back the same text. The same holds for the stream of `a=msid` on a media section, and for
# token of its track; the mids of an `a=group` stay one string.
#
# What to do: String() on each mid and msid that is read.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-fund --no-audit --loglevel error --save-exact sdp-transform@3.0.0 >/dev/null
cat >try.cjs <<'JS'
const { parse } = require('sdp-transform');
const section = (mid, msid) =>
  ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', `a=mid:${mid}`, `a=msid:${msid}`].join('\r\n');
const head = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0 01 audio'];
const sdp = `${[...head, section('0', '7 8'), section('01', 'x y'), section('audio', '- t')].join('\r\n')}\r\n`;
const { groups, media } = parse(sdp);
for (const { mid, msid } of media) console.log(JSON.stringify({ mid, msid }));
console.log(JSON.stringify(groups));
JS
node try.cjs >seen
cat >expected <<'TEXT'
{"mid":0,"msid":[{"id":7,"appdata":8}]}
{"mid":"01","msid":[{"id":"x","appdata":"y"}]}
{"mid":"audio","msid":[{"id":"-","appdata":"t"}]}
[{"type":"BUNDLE","mids":"0 01 audio"}]
TEXT
diff expected seen
cat seen
echo 'as found: sdp-transform 3.0.0 makes numbers of tokens that look like one'
