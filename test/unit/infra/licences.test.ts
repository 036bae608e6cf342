import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAllowed, parseExpression } from '../../../infra/licences/expression.ts';
import { checkLicences, licenceFaults } from '../../../infra/licences/licences.ts';
import type { LicenceRules } from '../../../infra/licences/licences.ts';
import type { Destination } from '../../../infra/licences/rules.ts';
import type { LockedPackage } from '../../../infra/locked-packages.ts';

const allowed = new Set(['MIT', 'ISC', 'GPL-2.0-only WITH Classpath-exception-2.0']);

describe('a licence expression', () => {
  it.each([
    ['MIT', true],
    ['GPL-3.0-only', false],
    ['mit', false],
    ['MIT OR GPL-3.0-only', true],
    ['GPL-3.0-only OR (MIT)', true],
    ['MIT AND GPL-3.0-only', false],
    ['MIT AND ISC', true],
    // AND binds more tightly than OR.
    ['MIT OR ISC AND GPL-3.0-only', true],
    ['GPL-3.0-only AND MIT OR GPL-3.0-only', false],
    ['(MIT OR ISC) AND GPL-3.0-only', false],
    ['(MIT OR GPL-3.0-only) AND (GPL-3.0-only OR ISC)', true],
    ['GPL-2.0-only WITH Classpath-exception-2.0', true],
    ['GPL-2.0-only', false],
    ['GPL-2.0-only WITH Other-exception', false],
    ['MIT WITH Classpath-exception-2.0', false],
    ['GPL-2.0+', false],
  ])('%s is allowed or not: %s', (text, expected) => {
    expect(isAllowed(parseExpression(text), allowed)).toBe(expected);
  });

  it.each([
    '',
    'MIT OR',
    'AND MIT',
    'MIT ISC',
    '(MIT',
    'MIT)',
    'MIT WITH',
    'MIT WITH OR',
    'MIT/ISC',
    'SEE LICENSE IN LICENSE.md',
    '()',
    `${'('.repeat(10)}MIT${')'.repeat(10)}`,
    'MIT OR '.repeat(100),
  ])('that is none is refused: %s', (text) => {
    expect(() => parseExpression(text)).toThrow(Error);
  });
});

const one: LockedPackage = {
  name: 'one',
  version: '1.0.0',
  path: 'node_modules/one',
  isShipped: true,
  license: undefined,
  dependencies: [],
};

const rules: LicenceRules = {
  allowed: {
    browsers: new Set(['MIT']),
    servers: new Set(['MIT', 'MPL-2.0']),
    development: new Set(['MIT', 'MPL-2.0', 'LGPL-3.0-or-later']),
  },
  exceptions: {},
};

describe('the licence of a dependency', () => {
  const faultsOf = (
    license: string | undefined,
    destination: Destination,
    exceptions: LicenceRules['exceptions'] = {},
    manifest?: string,
  ): string[] =>
    licenceFaults(
      [{ ...one, license }],
      () => destination,
      () => manifest,
      { ...rules, exceptions },
    );

  it('may ask for more the less far the package goes', () => {
    const goesTo = (license: string): Destination[] =>
      (['browsers', 'servers', 'development'] as const).filter(
        (destination) => faultsOf(license, destination).length === 0,
      );
    expect(goesTo('MIT')).toEqual(['browsers', 'servers', 'development']);
    expect(goesTo('MIT AND MPL-2.0')).toEqual(['servers', 'development']);
    expect(goesTo('LGPL-3.0-or-later')).toEqual(['development']);
    expect(goesTo('AGPL-3.0-only')).toEqual([]);
  });

  it('that is not allowed is named with its package, and what to do', () => {
    expect(faultsOf('MPL-2.0', 'browsers')).toEqual([
      'one 1.0.0 (for browsers): its licence is MPL-2.0. ' +
        'Do without it, or write in infra/licences/rules.ts why it may be used.',
    ]);
  });

  it('is what the package says where the lock file says nothing, and has to be there', () => {
    expect(faultsOf(undefined, 'browsers', {}, 'MIT')).toEqual([]);
    expect(faultsOf(undefined, 'browsers', {}, 'MPL-2.0')[0]).toContain('its licence is MPL-2.0');
    expect(faultsOf(undefined, 'browsers')[0]).toContain('it names no licence');
  });

  it('that is no expression is refused', () => {
    expect(faultsOf('SEE LICENSE IN LICENSE.md', 'servers')[0]).toContain('cannot be read');
  });

  it('may be excepted by name for as long as it is the licence that was read', () => {
    const exceptions = { one: { licence: 'Custom', why: 'we asked' } };
    expect(faultsOf('Custom', 'servers', exceptions)).toEqual([]);
    expect(faultsOf('Other', 'servers', exceptions)).toHaveLength(2);
    expect(faultsOf('MIT', 'servers', exceptions)).toEqual([
      'infra/licences/rules.ts has an exception for one, which needs none.',
    ]);
    const unnamed = { one: { licence: 'none', why: 'it is a stub' } };
    expect(faultsOf(undefined, 'servers', unnamed)).toEqual([]);
  });
});

describe('the check of licences', () => {
  let root: string;
  const put = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'rizoma-licences-'));
    put('client/sdk/index.ts', "import { a } from '@of/a';\nimport { readFile } from 'node:fs';\n");
    put('protocol/ids.ts', "export { b } from 'b/deep';\n");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const putLock = (packages: object): void =>
    put('package-lock.json', JSON.stringify({ packages: { '': {}, ...packages } }));

  it('knows which packages browsers get: those that their code imports, and all below', () => {
    const weak = { version: '1.0.0', license: 'MPL-2.0' };
    const fine = { version: '1.0.0', license: 'MIT' };
    putLock({
      'node_modules/@of/a': { ...fine, dependencies: { c: '1' } },
      'node_modules/@of/a/node_modules/c': { ...weak, dependencies: { d: '1' } },
      'node_modules/b': fine,
      'node_modules/c': weak,
      'node_modules/d': weak,
      'node_modules/only-on-servers': weak,
    });
    expect(checkLicences(root).map((line) => line.split(':')[0])).toEqual([
      'c 1.0.0 (for browsers)',
      'd 1.0.0 (for browsers)',
    ]);
  });

  it('reads the older forms of a package that says its licence itself', () => {
    const paths = ['as-text', 'as-object', 'as-list', 'missing'];
    putLock(
      Object.fromEntries(paths.map((name) => [`node_modules/${name}`, { version: '1.0.0' }])),
    );
    put('node_modules/as-text/package.json', '{"license": "MIT"}');
    put('node_modules/as-object/package.json', '{"license": {"type": "MIT", "url": "x"}}');
    put(
      'node_modules/as-list/package.json',
      '{"licenses": [{"type": "GPL-2.0"}, {"type": "MIT"}]}',
    );
    expect(checkLicences(root)).toEqual([expect.stringMatching(/^missing .* names no licence/)]);
  });

  it('finds nothing wrong with our own dependencies', () => {
    expect(checkLicences()).toEqual([]);
  });
});
