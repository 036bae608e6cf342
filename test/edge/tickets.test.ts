import { decodeProtectedHeader, SignJWT } from 'jose';
import { afterEach, expect, it } from 'vitest';
import { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import { parse } from '../../protocol/parse.ts';
import type { TicketCheckKeys } from '../../protocol/ticket.ts';
import { checkTicket, publicTicketKey } from '../../protocol/ticket.ts';
import type { TestNode } from './support.ts';
import {
  cardOf,
  clock,
  connect,
  createRoom,
  createToken,
  idle,
  keyOf,
  newKey,
  postJson,
} from './support.ts';
import { ticketKeysOf } from './ticket-keys.ts';

const nodes: TestNode[] = [];

async function dialled(...card: Parameters<typeof cardOf>): Promise<TestNode> {
  const node = await connect(cardOf(...card));
  nodes.push(node);
  return node;
}

// Each test has the mesh for itself: who joins in a region is at its one node.
afterEach(async () => {
  for (const { peer } of nodes.splice(0)) {
    await peer.call('node.killMe', {});
  }
});

/** A ticket of somebody who joins where that node is. */
async function ticketTo({ card: { region, nodeId } }: TestNode): Promise<string> {
  // By now every picture of the mesh is an old one.
  clock.pass(limits.snapshot_ms);
  const { _id } = await createRoom(`with tickets to ${nodeId}`);
  const token = await (await createToken(_id, { regions: { allow: [region] } })).text();
  const answer = await (await postJson('/join', { token })).json();
  return parse(JoinAnswer, answer, 'answer').controllers[0]?.ticket ?? '';
}

const check = (keys: TicketCheckKeys, ticket: string, { card: { nodeId } }: TestNode) =>
  checkTicket(keys, ticket, { nodeId, now_ms: clock.now_ms });

const algOf = (ticket: string): string | undefined => decodeProtectedHeader(ticket).alg;

/** Registers as a node of an earlier version does, which says nothing of how its tickets may be signed. */
async function registerAsBefore({ card, peer }: TestNode) {
  const key = await keyOf(card.nodeId);
  const { nodeId, epoch } = card;
  const curveKey = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7';
  const now_s = Math.floor(clock.now_ms / 1000);
  const said = { epoch, curveKey, mediaIp: '192.0.2.1', key: publicTicketKey(key) };
  const enrolment = await new SignJWT(said)
    .setProtectedHeader({ alg: 'EdDSA', typ: 'rizoma-enrolment+jwt' })
    .setSubject(nodeId)
    .setIssuedAt(now_s)
    .setExpirationTime(now_s + limits.enrolment_ttl_s)
    .sign({ ...key });
  return await peer.call('node.register', { card, load: idle, enrolment });
}

it('a node is given the secret of its tickets, which no other node has', async () => {
  const node = await dialled('eu-west');
  const { ticketKey, ticketSecret } = await node.register();
  const other = await dialled('us-east');
  const keysOfOther = await other.register();
  expect({ ticketKey, ticketSecret }).toEqual(await ticketKeysOf(node.card.nodeId));
  expect(keysOfOther.ticketSecret).not.toBe(ticketSecret);
  const ticket = await ticketTo(node);
  expect(algOf(ticket)).toBe('HS256');
  expect(await check({ ticketKey, ticketSecret }, ticket, node)).toMatchObject({
    nodeId: 'eu-west-1',
  });
  await expect(check(keysOfOther, ticket, node)).rejects.toMatchObject({ code: 'ticket_forged' });
  await expect(check(keysOfOther, ticket, other)).rejects.toMatchObject({
    code: 'ticket_wrong_host',
  });
});

it('a node of an earlier version is given no secret, and tickets that it can check', async () => {
  const node = await dialled('eu-west');
  const answer = await registerAsBefore(node);
  expect(Object.keys(answer).toSorted()).toEqual(['certificate', 'ticketKey', 'tokenKey']);
  const ticket = await ticketTo(node);
  expect(algOf(ticket)).toBe('EdDSA');
  const { ticketKey } = answer;
  expect(await check({ ticketKey }, ticket, node)).toMatchObject({ nodeId: 'eu-west-1' });
});

it('a node whose version changes has other tickets at once, one way and the other', async () => {
  const node = await dialled('ap-northeast');
  await node.register();
  const keys = await ticketKeysOf(node.card.nodeId);
  expect(algOf(await ticketTo(node))).toBe('HS256');
  const before = await registerAsBefore(node);
  expect(algOf(await ticketTo(node))).toBe('EdDSA');
  const after = await node.register();
  expect(after.certificate).not.toBe(before.certificate);
  const ticket = await ticketTo(node);
  expect(algOf(ticket)).toBe('HS256');
  await check(keys, ticket, node);
});

it('a node that takes the id of one that was lost has another secret', async () => {
  const lost = await connect(cardOf('us-east'));
  await lost.register();
  const before = await ticketKeysOf(lost.card.nodeId);
  await lost.peer.call('node.killMe', {});
  const next = await connect(cardOf('us-east'), newKey());
  nodes.push(next);
  const { ticketKey, ticketSecret } = await next.register();
  expect(ticketSecret).not.toBe(before.ticketSecret);
  const ticket = await ticketTo(next);
  await check({ ticketKey, ticketSecret }, ticket, next);
  await expect(check(before, ticket, next)).rejects.toMatchObject({ code: 'ticket_forged' });
});
