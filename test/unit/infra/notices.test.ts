import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noticesOf } from '../../../infra/licences/notices.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rizoma-notices-'));
});

afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const manifest = (name: string): string =>
  JSON.stringify({ name, version: '1.2.3', license: 'MIT' });

describe('the notices of a bundle', () => {
  it('are the licences of all packages that went into it, once each, and of no other', () => {
    const own = join('node_modules', 'a', 'node_modules', '@of', 'b');
    put('node_modules/a/package.json', manifest('a'));
    put('node_modules/a/LICENSE.md', 'Copyright of a');
    put(join(own, 'package.json'), manifest('@of/b'));
    put(join(own, 'licence'), 'Copyright of b');
    put('node_modules/c/package.json', manifest('c'));
    put('node_modules/c/LICENSE', 'Copyright of c');
    const inputs = ['client/sdk/index.ts', 'node_modules/a/x.js', 'node_modules/a/lib/y.js'];
    const text = noticesOf([...inputs, join(own, 'index.js')], root);
    expect(text).toBe(
      'a 1.2.3 (MIT)\n\nCopyright of a\n\n\n@of/b 1.2.3 (MIT)\n\nCopyright of b\n\n',
    );
  });

  it('are not made without the words of each', () => {
    put('node_modules/a/package.json', manifest('a'));
    expect(() => noticesOf(['node_modules/a/x.js'], root)).toThrow(/a 1\.2\.3 has no file/);
  });
});
