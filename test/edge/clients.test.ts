import { describe, expect, it } from 'vitest';
import type { EdgeContext } from '../../edge/app.ts';
import { refuseDots } from '../../edge/refuse-dots.ts';
import { ask, createRoom, createToken, postJson, request, signed, startNode } from './support.ts';

async function form(method: string, path: string, body: string): Promise<Response> {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return await ask(path, { method, body, headers: { ...(await signed()), ...type } });
}

describe('requests of apps', () => {
  it('may end paths of lists with a slash, as those of nuve.py do, and none of a single thing', async () => {
    const { _id } = await createRoom('slashes');
    for (const path of ['/rooms/', `/rooms/${_id}/users/`, '/services/']) {
      expect((await request('GET', path)).status).toBe(200);
    }
    expect((await request('POST', '/rooms/', { name: 'slashes', options: null })).status).toBe(200);
    for (const method of ['GET', 'DELETE']) {
      expect((await request(method, `/rooms/${_id}/`)).status).toBe(404);
    }
    expect((await request('GET', `/rooms/${_id}`)).status).toBe(200);
  });

  it('reach nothing by a path with dots in it, encoded or not, which is the path of something else', async () => {
    const { _id } = await createRoom('dots');
    for (const end of ['users/..', 'users/%2e%2E', 'users/../', 'users/.', 'users/a/../../..']) {
      const { status } = await request('DELETE', `/rooms/${_id}/${end}`);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
    expect((await request('GET', `/rooms/${_id}`)).status).toBe(200);
  });

  it('are told what is wrong with dots in a path that comes as it was written', () => {
    for (const path of ['/rooms/ID/users/..', '/rooms/ID/users/%2e%2E', '/rooms/./ID']) {
      const context = { req: { path } } as unknown as EdgeContext;
      expect(() => refuseDots(context)).toThrow('no . or .. as a segment');
    }
  });

  it('get no token for a user whom no path could name', async () => {
    await startNode('eu-west');
    const { _id } = await createRoom('unnamed');
    for (const username of ['.', '..', '%2E%2e', '../tokens', 'a/./b']) {
      const token = await createToken(_id, {}, { username });
      expect(token.status).toBe(400);
      expect(await token.text()).toContain('a URL cannot carry');
      const wish = { room: 'unnamed', name: username };
      expect((await postJson('/demo/token', wish)).status).toBe(400);
    }
    expect((await createToken(_id, {}, { username: 'a...b/c' })).status).toBe(200);
  });

  it('may be forms whose options are the text of a hash, as those of nuve.rb', async () => {
    const response = await form('POST', '/rooms', 'name=by+ruby&options=%7B%7D');
    const room = await response.json();
    expect(room).toMatchObject({ name: 'by ruby' });
    expect(Object.keys(Object(room)).toSorted()).toEqual(['_id', 'name']);
  });

  it('may be forms with groups in groups', async () => {
    const { _id } = await createRoom('groups');
    const body = 'options[data][a]=1&options[data][b][c]=2&options[p2p]=true';
    expect((await form('PATCH', `/rooms/${_id}`, body)).status).toBe(200);
    expect(await (await request('GET', `/rooms/${_id}`)).json()).toMatchObject({
      p2p: true,
      data: { a: '1', b: { c: '2' } },
    });
  });

  it('are not confused by forms that contradict themselves or name what objects have', async () => {
    for (const body of [
      'name=x&name[a]=1',
      'name=x&options[a]=1&options[a][b]=2',
      'name=x&__proto__[a]=1&options[__proto__][p2p]=true&options[constructor]=1',
      `name=x&${'a[a]'.repeat(50)}=1&a${'[a]'.repeat(5_000)}=1`,
      'name=x&[]=1&a[]=1&a[=1&]=1&=1&%E0%A4%A',
    ]) {
      const room = await (await form('POST', '/rooms', body)).json();
      expect(Object.keys(Object(room)).toSorted()).toEqual(['_id', 'name']);
      expect(room).toMatchObject({ name: 'x' });
    }
  });

  it('may come from pages of any origin, whatever the method', async () => {
    const { _id } = await createRoom('pages');
    for (const path of ['/rooms', `/rooms/${_id}`, `/rooms/${_id}/users/ann`, '/services/']) {
      const response = await ask(path, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://app.test',
          'access-control-request-method': 'PATCH',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
      expect(response.status).toBe(204);
      const allowed = response.headers.get('access-control-allow-methods')?.split(',').toSorted();
      expect(allowed).toEqual(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  it('may ask with HEAD wherever they may with GET, and hear what a GET would say of itself', async () => {
    const { _id } = await createRoom('heads');
    for (const path of [
      '/rooms',
      `/rooms/${_id}`,
      `/rooms/${_id}/users`,
      '/services',
      '/regions',
    ]) {
      const [head, get] = [await request('HEAD', path), await request('GET', path)];
      expect([head.status, await head.text()]).toEqual([200, '']);
      expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
    }
    const unsigned = await ask('/rooms', { method: 'HEAD' });
    expect([unsigned.status, unsigned.headers.has('www-authenticate')]).toEqual([401, true]);
  });
});
