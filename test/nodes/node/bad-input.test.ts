import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LocalSystem } from '../../../infra/local.ts';
import { mauthHeader } from '../../../protocol/mauth.ts';
import { decodeToken, encodeToken } from '../../../protocol/token.ts';
import { LicodeClient } from '../../fakes/licode-client.ts';
import type { Counters } from '../../support/counters.ts';
import { openIn } from '../../support/counters.ts';
import { entranceBy } from '../../support/entrance.ts';
import { demoToken } from '../../support/tokens.ts';
import { startTestSystem } from '../../support/system.ts';

/** Everything that can be wrong with what comes in, against the whole system: nothing half-made is left. */

let system: LocalSystem;
let stop: () => Promise<void>;
let atStart: Counters;

beforeAll(async () => {
  ({ system, stop } = await startTestSystem({ regions: ['eu-west', 'us-east'] }));
});
beforeEach(async () => {
  atStart ??= await openIn(system);
});
afterAll(() => stop?.());

const noMore = { timeout: 30_000, interval: 250 };

async function expectNothingLeft(): Promise<void> {
  await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), noMore);
}

async function post(path: string, body: string): Promise<{ status: number; code: unknown }> {
  const response = await fetch(`${system.edgeUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const answer = (await response.json()) as { code?: unknown };
  return { status: response.status, code: answer.code };
}

function token(region = 'eu-west'): Promise<string> {
  return demoToken(system.edgeUrl, { room: 'bad', name: 'eve', region });
}

async function controllerFor(region = 'eu-west'): Promise<{ url: string; ticket: string }> {
  const { host, ticket } = await entranceBy(system.edgeUrl, await token(region));
  return { url: `http://${host}`, ticket };
}

test('the page of the edge runs scripts of its own origin alone, and stands in no frame', async () => {
  for (const path of ['/', '/main.js']) {
    const { headers, status } = await fetch(`${system.edgeUrl}${path}`);
    expect(status).toBe(200);
    const policy = headers.get('content-security-policy')?.split('; ');
    expect(policy).toEqual(
      expect.arrayContaining([`default-src 'none'`, `script-src 'self'`, `frame-ancestors 'none'`]),
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});

describe('a join at the edge is refused', () => {
  test('without a body, with one that is no JSON, and with one that is none of ours', async () => {
    for (const body of ['', '{', '[]', '{}', '{"token":7}', '{"token":"x","more":1}']) {
      expect(await post('/join', body)).toEqual({ status: 400, code: 'bad_request' });
    }
  });

  test('with a token that is malformed, forged or used', async () => {
    const join = (text: string) => post('/join', JSON.stringify({ token: text }));
    expect((await join('nonsense')).code).toBe('token_malformed');
    const good = await token();
    const forged = encodeToken({ ...decodeToken(good), signature: 'Zm9yZ2Vk' });
    expect(await join(forged)).toEqual({ status: 401, code: 'token_forged' });
    expect((await join(good)).status).toBe(200);
    expect(await join(good)).toEqual({ status: 401, code: 'token_used' });
  });

  test('for a region that does not exist', async () => {
    const wish = { room: 'bad', name: 'eve', region: 'atlantis' };
    expect(await post('/demo/token', JSON.stringify(wish))).toEqual({
      status: 400,
      code: 'region_unknown',
    });
  });

  test('and so is a room that is asked for without the signature of an app, or with a wrong one', async () => {
    const wrong = await mauthHeader('not the key', {
      serviceid: system.secrets.NUVE_SUPERSERVICE_ID,
      timestamp: String(Date.now()),
      cnonce: '1',
    });
    for (const authorization of ['', wrong]) {
      const response = await fetch(`${system.edgeUrl}/rooms`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: '{"name":"mine"}',
      });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('MAuth');
    }
  });
});

describe('a handshake at a controller is refused', () => {
  test('without a token, and with a ticket that is noise, used, or for another controller', async () => {
    const here = await controllerFor('eu-west');
    const there = await controllerFor('us-east');
    expect(await LicodeClient.refused(here.url, {})).toContain('token_malformed');
    expect(await LicodeClient.refused(here.url, { ticket: 'noise' })).toContain('ticket_forged');
    expect(await LicodeClient.refused(here.url, { ticket: there.ticket })).toContain(
      'ticket_wrong_host',
    );
    const client = await LicodeClient.join(here.url, { ticket: here.ticket });
    expect(await LicodeClient.refused(here.url, { ticket: here.ticket })).toContain('ticket_used');
    client.socket.emit('clientDisconnection', { socketgd: 0 });
    await expectNothingLeft();
    client.socket.disconnect();
  });

  test("with Licode's token when it is forged, used, or for another controller", async () => {
    const fields = async (region: string): Promise<Record<string, string>> => {
      const { tokenId, host, secure, signature } = decodeToken(await token(region));
      return { tokenId, host, secure: String(secure), signature };
    };
    const good = await fields('eu-west');
    const url = `http://${good['host']}`;
    expect(await LicodeClient.refused(url, { ...good, signature: 'Zm9yZ2Vk' })).toContain(
      'token_forged',
    );
    expect(await LicodeClient.refused(url, await fields('us-east'))).toContain('token_wrong_host');
    const client = await LicodeClient.join(url, good);
    expect(await LicodeClient.refused(url, good)).toContain('token_used');
    client.socket.emit('clientDisconnection', { socketgd: 0 });
    await expectNothingLeft();
    client.socket.disconnect();
  });
});

describe('a publisher whose SDP is refused', () => {
  test.each([
    ['does not parse', 'sdp_malformed', 'this is no SDP'],
    ['offers no codec that we have', 'sdp_no_codec', offerWith('H263/90000')],
  ])('because it %s hears so, and leaves nothing behind', async (_why, code, sdp) => {
    const { url, ticket } = await controllerFor();
    const client = await LicodeClient.join(url, { ticket, plan: 'stream' });
    const [streamId, erizoId, connectionId] = await client.ask('publish', {
      options: { state: 'erizo', audio: false, video: true, data: false, label: 'camera' },
    });
    expect(streamId).toMatch(/^\d{18}$/);
    const msg = { type: 'offer', sdp };
    await client.ask('connectionMessage', { options: { connectionId, erizoId, msg } });
    expect(await client.next('connection_message_erizo')).toMatchObject({
      connectionId,
      evt: { type: 'error', previousType: 'offer', code },
    });
    expect(await client.next('connection_failed')).toMatchObject({ type: 'publish', streamId });
    await vi.waitFor(async () => {
      const open = await openIn(system);
      expect(open).toMatchObject({ publishers: 0, producers: 0, webrtc_transports: 0, clients: 0 });
    }, noMore);
    client.socket.emit('clientDisconnection', { socketgd: 99 });
    await expectNothingLeft();
    client.socket.disconnect();
  });
});

/** An offer as a browser makes it, with one video codec. */
function offerWith(codec: string): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:abcd',
    'a=ice-pwd:abcdefghijklmnopqrstuvwx',
    `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
    'a=setup:actpass',
    'a=mid:0',
    'a=sendonly',
    'a=msid:camera track',
    'a=rtcp-mux',
    `a=rtpmap:96 ${codec}`,
    'a=ssrc:1234 cname:x',
    '',
  ].join('\r\n');
}
