import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const helper = fileURLToPath(new URL('../../../nodes/survive.ts', import.meta.url));

/** A process that survives errors, and runs the script then: its output and its exit code. */
async function run(script: string): Promise<{ said: string; code: unknown }> {
  const program = `
    import { surviveErrors } from ${JSON.stringify(helper)};
    let counted = 0;
    const say = (fields, msg) => console.log(msg + ': ' + fields.err.message);
    surviveErrors(
      { clock: { now: () => performance.now() }, log: { error: say, fatal: say } },
      { onError: () => (counted += 1) },
    );
    ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { said, code };
}

describe('a process in which an error is not caught', () => {
  it('says so, counts it and goes on, whether it was thrown or a promise was rejected', async () => {
    const { said, code } = await run(`
      setImmediate(() => { throw new Error('thrown'); });
      setImmediate(() => void Promise.reject(new Error('rejected')));
      const look = setInterval(() => {
        if (counted === 2) {
          console.log('goes on after ' + counted);
          clearInterval(look);
        }
      });`);
    expect(said.split('\n')).toEqual([
      'an error was not caught, and the process goes on: thrown',
      'an error was not caught, and the process goes on: rejected',
      'goes on after 2',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('ends where nothing but errors happens', async () => {
    const { said, code } = await run(`setInterval(() => { throw new Error('again'); });`);
    expect(said).toContain('too many errors were not caught: the process ends: again');
    expect(said.split('goes on').length).toBeGreaterThan(20);
    expect(code).toBe(1);
  });
});
