import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { pageOf } from '../../../edge/docs/page.ts';
import { signingInShell } from '../../../edge/docs/words.ts';
import { httpApi } from '../../../protocol/contracts/http-api/index.ts';
import type { HttpApi } from '../../../protocol/http-contract.ts';
import { mauthSignature, parseMAuth } from '../../../protocol/mauth.ts';

/** What `sign` of the page prints, with these arguments. */
function signInShell(key: string, ...user: string[]): string {
  const script = `${signingInShell}\nSERVICE=0123456789abcdef01234567\nKEY='${key}'\nsign "$@"`;
  return execFileSync('sh', ['-c', script, 'sh', ...user], { encoding: 'utf8' });
}

it.each([[[]], [['ann', 'presenter']]])('signs in a shell as it says, for %j', async (user) => {
  const header = signInShell('a key', ...user);
  const { signature, ...said } = parseMAuth(header.replace('Authorization: ', ''));
  expect(signature).toBe(await mauthSignature('a key', said));
  expect([said.username, said.role]).toEqual(user.length === 0 ? [undefined, undefined] : user);
});

it('has an anchor for whatever it links to, and links to nothing outside', async () => {
  const page = await pageOf(httpApi);
  const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => `#${id}`));
  const links = [...page.matchAll(/ href="([^"]+)"/g)].map(([, href]) => href);
  expect(links.filter((href) => !ids.has(href ?? ''))).toEqual(['/openapi.json']);
  expect(page).not.toMatch(/<(script|img|link)\b| src=/);
});

it('shows text as text', async () => {
  const row = {
    ...httpApi['/healthz'].GET,
    summary: 'A <b>bold</b> claim',
    answer: { is: '`<i>`' },
  };
  const api: HttpApi = { '/x': { GET: row } };
  const page = await pageOf(api);
  expect(page).toMatch('A &lt;b&gt;bold&lt;/b&gt; claim');
  expect(page).not.toMatch(/<[bi]>/);
});
