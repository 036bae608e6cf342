import { env } from 'cloudflare:workers';
import { afterEach, expect, it } from 'vitest';
import { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import { parse } from '../../protocol/parse.ts';
import { checkTicket } from '../../protocol/ticket.ts';
import type { TestNode } from './support.ts';
import {
  cardOf,
  clock,
  connect,
  createRoom,
  createToken,
  newKey,
  postJson,
  request,
} from './support.ts';
import { ticketSecretFor } from './ticket-keys.ts';

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

const check = (secrets: string[], ticket: string, { card: { nodeId } }: TestNode) =>
  checkTicket(secrets, ticket, { nodeId, now_ms: clock.now_ms });

it('a node is given the secrets of its tickets, by both keys of the edge, which no other node has', async () => {
  const node = await dialled('eu-west');
  const { nodeId } = node.card;
  const { ticketSecrets } = await node.register();
  const other = await dialled('us-east');
  const ofOther = await other.register();
  expect(ticketSecrets).toEqual([
    await ticketSecretFor(nodeId),
    await ticketSecretFor(nodeId, env.RIZOMA_TICKET_KEY_SECOND),
  ]);
  expect(ofOther.ticketSecrets.filter((secret) => ticketSecrets.includes(secret))).toEqual([]);
  const ticket = await ticketTo(node);
  expect(await check(ticketSecrets.slice(0, 1), ticket, node)).toMatchObject({ nodeId });
  await expect(check(ofOther.ticketSecrets, ticket, node)).rejects.toMatchObject({
    code: 'ticket_forged',
  });
  await expect(check(ofOther.ticketSecrets, ticket, other)).rejects.toMatchObject({
    code: 'ticket_wrong_host',
  });
});

it('a node that takes the id of one that was lost has another secret', async () => {
  const lost = await connect(cardOf('us-east'));
  await lost.register();
  const before = await ticketSecretFor(lost.card.nodeId);
  await lost.peer.call('node.killMe', {});
  await request('DELETE', `/nodes/${lost.card.nodeId}`);
  const next = await connect(cardOf('us-east'), newKey());
  nodes.push(next);
  const { ticketSecrets } = await next.register();
  expect(ticketSecrets).not.toContain(before);
  const ticket = await ticketTo(next);
  await check(ticketSecrets, ticket, next);
  await expect(check([before], ticket, next)).rejects.toMatchObject({ code: 'ticket_forged' });
});
