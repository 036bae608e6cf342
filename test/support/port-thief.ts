import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../infra/debian.ts';

/**
 * A folder with an `ffmpeg` that, so many times, begins only when somebody else has the last port that its description
 * names: that of RTP, or the one after it, in turn. From then on it is the host's.
 */
export function portThief(times: number): string {
  const dir = mkdtempSync(join(tmpdir(), 'rizoma-thief-'));
  const program = `#!${process.execPath}
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
const sdp = readFileSync(0, 'utf8');
const thefts = readdirSync(${JSON.stringify(dir)}).length - 1;
if (thefts < ${times}) {
  writeFileSync(\`${dir}/theft-\${thefts}\`, '');
  const [, port] = /^m=\\w+ (\\d+)/m.exec(sdp.slice(sdp.lastIndexOf('m=')));
  const socket = createSocket('udp4').bind(Number(port) + (thefts % 2), '127.0.0.1');
  await once(socket, 'listening');
}
const stdio = ['pipe', 'inherit', 'inherit'];
const ffmpeg = spawn(${JSON.stringify(findProgram('ffmpeg'))}, process.argv.slice(2), { stdio });
process.on('SIGINT', () => ffmpeg.kill('SIGINT'));
ffmpeg.stdin.end(sdp);
const [code] = await once(ffmpeg, 'exit');
process.exit(code ?? 1);
`;
  writeFileSync(join(dir, 'ffmpeg'), program, { mode: 0o700 });
  return dir;
}
