import { describe, expect, it } from 'vitest';
import {
  Authorizer,
  mayRetry,
  parseChallenges,
} from '../../../../nodes/erizo/input/forwarder/authorizer.ts';

const mufasa = { user: 'Mufasa', password: 'Circle of Life' };
const param = (header: string | undefined, name: string): string | undefined =>
  new RegExp(`\\b${name}="?([^",]*)`).exec(header ?? '')?.[1];

describe('who asks a source', () => {
  it('is proved as in RFC 2617, section 3.5', () => {
    const asked =
      'Digest realm="testrealm@host.com", qop="auth,auth-int", ' +
      'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
    const credentials = { user: 'Mufasa', password: 'Circle Of Life' };
    const authorizer = new Authorizer(credentials, () => '0a4f113b');
    expect(authorizer.learn([asked])).toBe(true);
    const header = authorizer.authorize('GET', '/dir/index.html');
    expect(header).toMatch(/^Digest username="Mufasa", realm="testrealm@host.com", /);
    expect(param(header, 'response')).toBe('6629fae49393a05397450978507c4ef1');
    expect(param(header, 'opaque')).toBe('5ccc069c403ebaf9f0171e9517f40e41');
    expect(param(header, 'nc')).toBe('00000001');
    expect(param(authorizer.authorize('GET', '/dir/index.html'), 'nc')).toBe('00000002');
  });

  it('is proved as in RFC 7616, section 3.9.1, by SHA-256 where that is offered, else by MD5', () => {
    const rest =
      'realm="http-auth@example.org", qop="auth, auth-int", ' +
      'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ' +
      'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
    const offers = ['MD5', 'SHA-256'].map((name) => `Digest algorithm=${name}, ${rest}`);
    const responses = [offers.join(', '), ...offers].map((header) => {
      const authorizer = new Authorizer(
        mufasa,
        () => 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
      );
      authorizer.learn([header]);
      return param(authorizer.authorize('GET', '/dir/index.html'), 'response');
    });
    const sha256 = '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1';
    expect(responses).toEqual([sha256, '8ca523f5e9506fed4657c9700eebdbec', sha256]);
  });

  it('is proved without a count to cameras that offer no qop (RFC 2069)', () => {
    const authorizer = new Authorizer({ user: 'Mufasa', password: 'CircleOfLife' });
    const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c093';
    authorizer.learn([`Digest realm="testrealm@host.com", nonce="${nonce}"`]);
    const header = authorizer.authorize('GET', '/dir/index.html');
    // As its erratum 749 has it.
    expect(param(header, 'response')).toBe('1949323746fe6a43ef61f9606e7febea');
    expect(header).not.toMatch(/nc=|cnonce=|qop=/);
  });

  it('says nothing before it is asked, a password in the clear only where nothing else is offered', () => {
    const authorizer = new Authorizer({ user: 'änn', password: 'b"c' });
    expect(authorizer.authorize('PLAY', 'rtsp://a')).toBeUndefined();
    expect(authorizer.learn(['Basic realm="x"', 'Digest realm="a\\"b", nonce="1"'])).toBe(true);
    const header = authorizer.authorize('PLAY', 'rtsp://a');
    expect(Buffer.from(header ?? '', 'latin1').toString()).toMatch(
      /^Digest username="änn", realm="a\\"b"/,
    );
    expect(authorizer.learn(['Basic realm="x"'])).toBe(true);
    const basic = `Basic ${Buffer.from('änn:b"c').toString('base64')}`;
    expect(authorizer.authorize('PLAY', 'rtsp://a')).toBe(basic);
  });

  it('is proved again under a fresh nonce, and not where the same proof was refused', () => {
    const authorizer = new Authorizer(mufasa);
    const digest = (nonce: string): string[] => [`Digest realm="x", nonce="${nonce}"`];
    expect(authorizer.learn(digest('1'))).toBe(true);
    expect(authorizer.learn(digest('1'))).toBe(false);
    expect(authorizer.learn(digest('2'))).toBe(true);
    expect(authorizer.learn(['Basic realm="x"'])).toBe(true);
    expect(authorizer.learn(['Basic realm="x"'])).toBe(false);
    // Three times in all.
    expect(mayRetry(authorizer, 2, digest('3'))).toBe(true);
    expect(mayRetry(authorizer, 3, digest('4'))).toBe(false);
    expect(mayRetry(undefined, 1, digest('5'))).toBe(false);
  });

  it.each([
    '',
    'Negotiate abc==',
    'Digest realm="x"',
    'Digest realm="x", nonce="1", algorithm=X',
    'Digest realm="x", nonce="1", qop="auth-int"',
    '"',
  ])('is not proved by what we do not know: %s', (header) => {
    expect(new Authorizer(mufasa).learn([header])).toBe(false);
  });

  it('reads several challenges of one header', () => {
    const found = parseChallenges([
      'Newauth realm="apps", type=1, title="a \\"b\\"", Basic realm="c,d"',
    ]);
    expect(found.map(({ scheme, params }) => [scheme, Object.fromEntries(params)])).toEqual([
      ['newauth', { realm: 'apps', type: '1', title: 'a "b"' }],
      ['basic', { realm: 'c,d' }],
    ]);
  });
});
