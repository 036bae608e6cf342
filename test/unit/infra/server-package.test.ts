import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildClient } from '../../../infra/build-client.ts';
import { nodeModulesDir, rootDir } from '../../../infra/paths.ts';

const app = mkdtempSync(join(tmpdir(), 'rizoma-app-'));
let tarball: string;
const packageDir = join(app, 'node_modules', 'rizoma');

/** What a program prints that runs in the project to a good end. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { cwd: app });
  return stdout.trim();
}

/** A project of plain JavaScript that has the package as npm packs it, and nothing else. */
beforeAll(async () => {
  await buildClient();
  mkdirSync(packageDir, { recursive: true });
  writeFileSync(join(app, 'package.json'), '{"type":"module","private":true}');
  const options = ['--offline', '--ignore-scripts', '--pack-destination', app];
  tarball = await run('npm', 'pack', rootDir, ...options);
  await run('tar', '-xzf', tarball, '-C', packageDir, '--strip-components=1');
}, 60_000);

afterAll(() => rmSync(app, { recursive: true, force: true }));

const source = `
  import { connect, EdgeError } from 'rizoma/server';
  const fetch = async (url, { method, headers }) => {
    console.log(method, url, headers.authorization.split(',')[4] ?? 'unsigned');
    return new Response('Room does not exist', {
      status: 404,
      headers: { 'content-type': 'text/plain' },
    });
  };
  const serviceId = '0123456789abcdef01234567';
  const rizoma = connect({ url: 'https://edge.test/', serviceId, key: 'a key', fetch });
  const error = await rizoma.rooms.get('x').catch((thrown) => thrown);
  console.log(error instanceof EdgeError, error.code, error.message);
`;

describe('the package', () => {
  it('is imported by plain JavaScript, which signs and is answered', async () => {
    writeFileSync(join(app, 'app.js'), source);
    const [sent, got] = (await run(process.execPath, 'app.js')).split('\n');
    expect(sent).toMatch(/^GET https:\/\/edge\.test\/rooms\/x mauth_timestamp=\d+$/);
    expect(got).toBe('true not_found Room does not exist');
  });

  it('tells TypeScript what its calls take and answer', async () => {
    // What the declarations import is a dependency of the package, which npm installs beside it.
    symlinkSync(join(nodeModulesDir, 'valibot'), join(app, 'node_modules', 'valibot'));
    writeFileSync(
      join(app, 'app.ts'),
      `import { connect, type Rizoma, type Room } from 'rizoma/server';
      const rizoma: Rizoma = connect({ url: 'https://edge.test', serviceId: 'x', key: 'y' });
      const room: Room = await rizoma.rooms.getOrCreate({ name: 'daily', data: { a: 1 } });
      const token: string = await rizoma.tokens.create(room._id, { userName: 'a', role: 'viewer' });
      // @ts-expect-error: a name is text
      await rizoma.rooms.create({ name: 5 });
      // @ts-expect-error: regions have names
      await rizoma.tokens.create(token, { userName: 'a', role: 'viewer', regions: { allow: 5 } });`,
    );
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024'];
    const platform = ['--lib', 'es2024,webworker', '--types', ''];
    const tsc = join(nodeModulesDir, '.bin', 'tsc');
    await expect(run(tsc, ...options, ...platform, 'app.ts')).resolves.toBe('');
  }, 60_000);

  it('holds nothing but the server SDK', async () => {
    const files = (await run('tar', '-tzf', tarball)).split('\n');
    const others = files.filter((file) => !file.startsWith('package/dist/server/'));
    expect(others.sort()).toEqual(['package/README.md', 'package/package.json']);
  });
});
