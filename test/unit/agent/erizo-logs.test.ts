import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openErizoLog } from '../../../nodes/agent/erizo-logs.ts';
import { newUuid } from '../../../protocol/ids.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rizoma-logs-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('the log files of ErizoJS processes', () => {
  it('are for the user of the node alone', () => {
    const logDir = join(dir, 'log');
    const id = newUuid();
    closeSync(openErizoLog(logDir, id));
    expect(statSync(logDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(logDir, `erizo-${id}.log`)).mode & 0o777).toBe(0o600);
  });

  /** Of processes, the oldest first. */
  function writeLogs(count: number): string[] {
    const ids = Array.from({ length: count }, () => newUuid());
    for (const [at, id] of ids.entries()) {
      const file = join(dir, `erizo-${id}.log`);
      writeFileSync(file, 'x');
      utimesSync(file, 1_000 + at, 1_000 + at);
    }
    return ids;
  }

  it('are those of the latest 200, beside files that are none', () => {
    const ids = writeLogs(210);
    writeFileSync(join(dir, 'edge.log'), 'x');
    const latest = newUuid();
    closeSync(openErizoLog(dir, latest));
    const left = readdirSync(dir);
    expect(left).toHaveLength(201);
    expect(left).toContain('edge.log');
    expect(left).toContain(`erizo-${latest}.log`);
    expect(left).toContain(`erizo-${ids[209]}.log`);
    expect(left).toContain(`erizo-${ids[11]}.log`);
    expect(left).not.toContain(`erizo-${ids[10]}.log`);
  });

  it('are never removed while the process lives, however long it wrote nothing', async () => {
    const [quiet = '', exited = ''] = writeLogs(210);
    const env = { ...process.env, RIZOMA_ERIZO_ID: quiet };
    // It ends with its input, which is ours.
    const living = spawn('cat', [], { env, stdio: ['pipe', 'ignore', 'ignore'] });
    await once(living, 'spawn');
    try {
      closeSync(openErizoLog(dir, newUuid()));
      expect(readdirSync(dir)).toContain(`erizo-${quiet}.log`);
      expect(readdirSync(dir)).not.toContain(`erizo-${exited}.log`);
    } finally {
      living.stdin.end();
      await once(living, 'exit');
    }
    closeSync(openErizoLog(dir, newUuid()));
    expect(readdirSync(dir)).not.toContain(`erizo-${quiet}.log`);
  });
});
