import { createServer } from 'node:net';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { BringUpError } from '../output.ts';
import { allPids, processCommand, processEnv } from '../proc.ts';
import type { ProcessInfo } from '../proc.ts';

/** An address that a process of ours is about to listen on. */
export interface Port {
  readonly ip: string;
  readonly port: number;
  /** What it is for, in words. */
  readonly use: string;
}

export interface Listener {
  readonly ip: string;
  readonly port: number;
  readonly inode: string;
}

const STATE_LISTEN = '0A';

/** The listening sockets in the text of /proc/net/tcp or tcp6 (see proc(5)). */
export function parseListeners(table: string): Listener[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === STATE_LISTEN)
    .flatMap((fields) => {
      const [address, port] = fields[1]?.split(':') ?? [];
      const inode = fields[9];
      if (address === undefined || port === undefined || inode === undefined) return [];
      return [{ ip: ipOf(address), port: Number.parseInt(port, 16), inode }];
    });
}

/** The kernel writes addresses as 32-bit words in the order of the machine: little-endian here. */
function ipOf(hex: string): string {
  if (/^0+$/.test(hex)) return '0.0.0.0';
  // An IPv4 address that a dual-stack socket is bound to (RFC 4291 section 2.5.5.2).
  const v4 = /^0{16}FFFF0000([0-9A-F]{8})$/.exec(hex)?.[1] ?? hex;
  if (v4.length !== 8) return hex;
  const bytes = v4.match(/../g) ?? [];
  return bytes
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}

/** The process that listens on an address, where the machine lets us see it. */
export function holderOf(ip: string, port: number): ProcessInfo | undefined {
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => parseListeners(readOrEmpty(file)))
    .filter((one) => one.port === port && (one.ip === ip || one.ip === '0.0.0.0'))
    .map((one) => `socket:[${one.inode}]`);
  const pid = allPids().find((candidate) => holdsOneOf(candidate, inodes));
  return pid === undefined ? undefined : { pid, command: processCommand(pid) };
}

function holdsOneOf(pid: number, sockets: readonly string[]): boolean {
  const dir = `/proc/${pid}/fd`;
  try {
    return readdirSync(dir).some((fd) => sockets.includes(linkOf(`${dir}/${fd}`)));
  } catch {
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Fails in words, naming every port that is taken and who holds it. */
export async function checkPortsFree(ports: readonly Port[]): Promise<void> {
  const taken: string[] = [];
  for (const port of ports) {
    const why = await whyTaken(port);
    if (why !== undefined) taken.push(why);
  }
  if (taken.length > 0) throw new BringUpError(taken.join('\n'));
}

async function whyTaken({ ip, port, use }: Port): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const server = createServer();
  server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  server.listen({ host: ip, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  const code = await promise;
  if (code === undefined) return undefined;
  if (code !== 'EADDRINUSE') return `Port ${port} on ${ip} (${use}) cannot be used: ${code}`;
  return `Port ${port} on ${ip} (${use}) is taken${describe(holderOf(ip, port))}`;
}

function describe(holder: ProcessInfo | undefined): string {
  if (holder === undefined) return ' by a process that this user cannot see.';
  const command =
    holder.command.length > 120 ? `${holder.command.slice(0, 117)}...` : holder.command;
  const ours = processEnv(holder.pid)?.has('RIZOMA_RUN_ID') === true;
  const whose = ours ? ', left by another start of Rizoma' : '';
  return ` by pid ${holder.pid}${whose}: ${command}`;
}
