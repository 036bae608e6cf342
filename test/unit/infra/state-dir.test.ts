import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prepareStateDir } from '../../../infra/local/state-dir.ts';

describe('the state folder of a system', () => {
  let parent = '';
  let stateDir = '';
  const modes = (): number[] =>
    [stateDir, join(stateDir, 'log')].map((dir) => statSync(dir).mode & 0o777);

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'rizoma-state-'));
    stateDir = join(parent, 'state');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  test('is made for its owner alone, with its logs', () => {
    prepareStateDir(stateDir);
    expect(modes()).toEqual([0o700, 0o700]);
  });

  test('is closed to others where somebody has made it open to them', () => {
    mkdirSync(join(stateDir, 'log'), { recursive: true, mode: 0o755 });
    prepareStateDir(stateDir);
    expect(modes()).toEqual([0o700, 0o700]);
  });

  test('keeps no logs of the run before, and all else', () => {
    prepareStateDir(stateDir);
    for (const name of ['node.log', 'notes.txt']) {
      writeFileSync(join(stateDir, 'log', name), '');
    }
    prepareStateDir(stateDir);
    expect(readdirSync(join(stateDir, 'log'))).toEqual(['notes.txt']);
  });
});
