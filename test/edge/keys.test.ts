import { createExecutionContext, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { configOf, reentryKeysOf, tokenKeysOf } from '../../edge/config.ts';
import { Certificates } from '../../edge/objects/certificates.ts';
import worker from '../../edge/worker.ts';
import { toBase64Url } from '../../protocol/bytes.ts';
import { checkCertificate, readCertificate } from '../../protocol/certificate.ts';
import { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { parse } from '../../protocol/parse.ts';
import { signPass } from '../../protocol/pass.ts';
import { peerIdOf } from '../../protocol/peer-id.ts';
import { checkReentry, signReentry } from '../../protocol/reentry.ts';
import { signStamp } from '../../protocol/stamp.ts';
import type { TicketPrivateKey } from '../../protocol/ticket.ts';
import {
  checkTicket,
  parseTicketKey,
  publicTicketKey,
  ticketSecretOf,
} from '../../protocol/ticket.ts';
import { decodeToken, encodeToken, signToken } from '../../protocol/token.ts';
import type { TestNode } from './support.ts';
import {
  ask,
  bearer,
  clock,
  createRoom,
  createToken,
  dial,
  idle,
  keyOf,
  newKey,
  postJson,
  problem,
  signed,
  startNode,
} from './support.ts';

/** What the edge signs with, what it signed with before, and what it never had. */
const ticketKeys = {
  current: parseTicketKey(env.RIZOMA_TICKET_KEY),
  second: parseTicketKey(env.RIZOMA_TICKET_KEY_SECOND),
};
const forged = { status: 401, code: 'token_forged' };

let eu: TestNode;
let third: TicketPrivateKey;
/** The variables of a deployment that never had the keys of this one. */
let elsewhere: typeof env;
/** Of one that has the keys of this one the other way round: it has been changed. */
let changed: typeof env;

beforeAll(async () => {
  eu = await startNode('eu-west');
  third = await newKey();
  elsewhere = {
    ...env,
    NUVE_SUPERSERVICE_KEY: 'a third key for tests',
    NUVE_SUPERSERVICE_KEY_SECOND: 'a fourth key for tests',
    RIZOMA_TICKET_KEY: toBase64Url(JSON.stringify(third)),
    RIZOMA_TICKET_KEY_SECOND: toBase64Url(JSON.stringify(await newKey())),
  };
  changed = {
    ...env,
    NUVE_SUPERSERVICE_KEY: env.NUVE_SUPERSERVICE_KEY_SECOND,
    NUVE_SUPERSERVICE_KEY_SECOND: env.NUVE_SUPERSERVICE_KEY,
    RIZOMA_TICKET_KEY: env.RIZOMA_TICKET_KEY_SECOND,
    RIZOMA_TICKET_KEY_SECOND: env.RIZOMA_TICKET_KEY,
  };
});

async function tokenFor(name: string, body: Record<string, unknown> = {}) {
  const { _id } = await createRoom(name);
  return decodeToken(await (await createToken(_id, body)).text());
}

const joinWith = (token: ReturnType<typeof decodeToken>): Promise<Response> =>
  postJson('/join', { token: encodeToken(token) });

async function joined(name: string): Promise<JoinAnswer> {
  return parse(JoinAnswer, await (await joinWith(await tokenFor(name))).json(), 'answer');
}

describe('a key of the edge that is being changed', () => {
  it('lets the superservice sign with either of its two, and with no third', async () => {
    const { NUVE_SUPERSERVICE_KEY: current, NUVE_SUPERSERVICE_KEY_SECOND: second } = env;
    for (const [key, status] of [
      [current, 200],
      [second, 200],
      ['a third key for tests', 401],
    ] as const) {
      for (const headers of [await signed({ key }), await bearer({}, key)]) {
        expect((await ask('/services', { headers })).status).toBe(status);
      }
    }
  });

  it('takes tokens that either signed, at the edge and at a node, and of no third', async () => {
    const keys = async (bindings: object) => (await tokenKeysOf(configOf(bindings))).current;
    for (const bindings of [env, changed]) {
      const token = await tokenFor('tokens');
      const { tokenId, host } = token;
      const signature = await signToken(await keys(bindings), tokenId, host);
      expect((await joinWith({ ...token, signature })).status).toBe(200);
      const other = await tokenFor('tokens of Licode');
      const consumed = {
        ...other,
        signature: await signToken(await keys(bindings), other.tokenId, other.host),
      };
      expect(await eu.peer.call('token.consume', { token: consumed })).toMatchObject({
        userName: 'ann',
      });
    }
    const token = await tokenFor('forged');
    const signature = await signToken(await keys(elsewhere), token.tokenId, token.host);
    expect(await problem(await joinWith({ ...token, signature }))).toEqual(forged);
    await expect(
      eu.peer.call('token.consume', { token: { ...token, signature } }),
    ).rejects.toMatchObject({ code: 'token_forged' });
  });

  it('takes passes that either signed, at the edge and at a node, and of no third', async () => {
    const token = await tokenFor('passes', { uses: 0 });
    const said = { tokenId: token.tokenId, userName: 'ann', role: 'viewer', pin: {}, epoch: 1 };
    const signedWith = async (key: TicketPrivateKey) => ({
      ...token,
      pass: await signPass(key, said, { now_ms: Date.now(), ttl_s: 60 }),
    });
    for (const key of [ticketKeys.current, ticketKeys.second]) {
      const pass = await signedWith(key);
      expect((await joinWith(pass)).status).toBe(200);
      expect(await eu.peer.call('token.consume', { token: pass })).toMatchObject({
        role: 'viewer',
      });
    }
    const bad = await signedWith(third);
    expect(await problem(await joinWith(bad))).toEqual(forged);
    await expect(eu.peer.call('token.consume', { token: bad })).rejects.toMatchObject({
      code: 'token_forged',
    });
  });

  it('takes re-entries and stamps that either signed, and of no third', async () => {
    const { reentry, clientId, roomId } = await joined('re-entries');
    const { all } = await reentryKeysOf(configOf(env));
    const said = await checkReentry(all, reentry, Date.now());
    const signedBy = async (bindings: object) =>
      signReentry((await reentryKeysOf(configOf(bindings))).current, said);
    const nodeId = eu.card.nodeId;
    const signer = { nodeId, peerId: peerIdOf(await keyOf(nodeId)) };
    const stamped = async (key: TicketPrivateKey) =>
      signStamp(await ticketSecretOf(key, signer), signer, {
        ...{ clientId, roomId, enteredAt_ms: Date.now() },
        presentAt_s: Math.floor(Date.now() / 1000),
      });
    for (const [bindings, key] of [
      [env, ticketKeys.current],
      [changed, ticketKeys.second],
    ] as const) {
      const shown = { reentry: await signedBy(bindings), stamp: await stamped(key) };
      expect((await postJson('/rejoin', shown)).status).toBe(200);
    }
    const foreign = await postJson('/rejoin', { reentry: await signedBy(elsewhere) });
    expect(await problem(foreign)).toEqual(forged);
    const unstamped = await postJson('/rejoin', { reentry, stamp: await stamped(third) });
    expect(await problem(unstamped)).toEqual(forged);
  });

  it('lets nodes dial with either enrolment secret, and with no third', async () => {
    for (const secret of [env.RIZOMA_ENROL_SECRET, env.RIZOMA_ENROL_SECRET_SECOND]) {
      const { status, webSocket } = await dial('eu-west-81', secret);
      expect(status).toBe(101);
      webSocket?.accept();
      webSocket?.close();
    }
    expect(await problem(await dial('eu-west-81', 'a third secret for tests'))).toEqual({
      status: 403,
      code: 'forbidden',
    });
  });

  it('is given to nodes with the other one, and certifies them anew once it signs', async () => {
    const { ticketKeys: given, tokenKeys, certificate } = await eu.register();
    expect(given).toEqual([ticketKeys.current, ticketKeys.second].map(publicTicketKey));
    expect(tokenKeys).toEqual((await tokenKeysOf(configOf(env))).all);
    const { nodeId, region } = eu.card;
    const expected = { nodeId, region, now_ms: Date.now() };
    const held = await checkCertificate(given.slice(0, 1), certificate, expected);
    const now = () => Date.now();
    const before = new Certificates({ now }, { key: ticketKeys.current });
    const after = new Certificates({ now }, { key: ticketKeys.second });
    expect(await before.certificateFor(eu.card, held, certificate)).toBe(certificate);
    const renewed = await after.certificateFor(eu.card, held, certificate);
    const [, second] = given;
    expect(await readCertificate(second ? [second] : [], renewed, Date.now())).toMatchObject({
      nodeId,
    });
    // Whoever knows both believes either.
    await checkCertificate(given, certificate, expected);
    await checkCertificate(given, renewed, expected);
  });

  it('is given to a node whose link outlived the change as soon as it says that it lives', async () => {
    const node = await startNode('us-east', 82);
    const keepAlive = () => node.peer.call('node.keepAlive', { load: idle });
    expect(await keepAlive()).toBe('ok');
    const object = env.NODE.get(env.NODE.idFromName(node.card.nodeId));
    await runInDurableObject(object, (_, state) => {
      for (const socket of state.getWebSockets()) {
        socket.serializeAttachment({ ...socket.deserializeAttachment(), keys: 'those before' });
      }
    });
    expect(await keepAlive()).toBe('whoareyou');
    await node.register();
    expect(await keepAlive()).toBe('ok');
  });

  it('is used at once by a deployment that has been changed, whose tickets nodes take', async () => {
    const { ticketSecrets } = await eu.register();
    const token = await tokenFor('changed', { regions: { allow: ['eu-west'] } });
    clock.pass(limits.snapshot_ms);
    const request = new Request('https://edge.test/join', {
      method: 'POST',
      body: JSON.stringify({ token: encodeToken(token) }),
    });
    const response = await worker.fetch(request, changed, createExecutionContext());
    const answer = parse(JoinAnswer, await response.json(), 'answer');
    const { nodeId } = eu.card;
    const [ticket] = answer.controllers;
    const expected = { nodeId, now_ms: Date.now() };
    const [current = '', second = ''] = ticketSecrets;
    await expect(checkTicket([current], ticket?.ticket ?? '', expected)).rejects.toMatchObject({
      code: 'ticket_forged',
    });
    expect(await checkTicket([second], ticket?.ticket ?? '', expected)).toMatchObject({ nodeId });
    expect((await postJson('/rejoin', { reentry: answer.reentry })).status).toBe(200);
  });

  it('is named where it is wrong, and not shown', async () => {
    for (const [name, value] of [
      ['NUVE_SUPERSERVICE_KEY_SECOND', 'tooshort'],
      ['RIZOMA_ENROL_SECRET_SECOND', 'tooshort'],
      ['RIZOMA_TICKET_KEY_SECOND', `nonsense-${newUuid()}`],
    ] as const) {
      const request = new Request('https://edge.test/regions');
      const bindings = { ...env, [name]: value };
      const response = await worker.fetch(request, bindings, createExecutionContext());
      const text = await response.text();
      expect([response.status, text.includes(name), text.includes(value)]).toEqual([
        500,
        true,
        false,
      ]);
    }
  });
});
