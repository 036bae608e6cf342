import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configOf, entryKeysOf } from '../../edge/config.ts';
import { JoinAnswer } from '../../protocol/contracts/rest.ts';
import type { ProvableFacts, ProvableUser } from '../../protocol/contracts/node-edge.ts';
import type { RoomFacts } from '../../protocol/directory.ts';
import type { Claim, Entry } from '../../protocol/entry.ts';
import { proofOf } from '../../protocol/entry.ts';
import { newHexId, newUuid, numberedStreamId } from '../../protocol/ids.ts';
import { parse } from '../../protocol/parse.ts';
import { checkTicket } from '../../protocol/ticket.ts';
import { decodeToken } from '../../protocol/token.ts';
import { entryTo } from './entries.ts';
import type { TestNode } from './support.ts';
import { clock, createRoom, createToken, postJson, someFacts, startNode } from './support.ts';
import { ticketSecretFor } from './ticket-keys.ts';

let honest: TestNode;
let other: TestNode;
let roomId: string;
let facts: RoomFacts;

beforeAll(async () => {
  honest = await startNode('eu-west');
  other = await startNode('us-east');
});

beforeEach(async () => {
  roomId = (await createRoom('claimed'))._id;
  facts = someFacts();
});

/** What the edge gives the node with a client that it sends there. */
const sentTo = async (node: TestNode, claim: Partial<Claim> = {}, to = roomId): Promise<Entry> =>
  await entryTo(await node.placeIn(to), claim);

/** Facts of one stream, whose client came then. */
function publishedBy({ clientId, enteredAt_ms, proof }: Partial<Entry>): ProvableFacts {
  const streams = facts.streams.slice(0, 1).map((stream) => ({
    ...stream,
    ...(clientId === undefined ? {} : { clientId }),
    ...(enteredAt_ms === undefined ? {} : { enteredAt_ms }),
    ...(proof === undefined ? {} : { proof }),
  }));
  return { ...facts, streams };
}

async function present(node: TestNode, users: ProvableUser[]): Promise<void> {
  const presence = { number: 1, came: users, went: [], whole: { first: 1, last: true } };
  await node.peer.call('room.presence', { roomId, presence });
}

/** The nodes of the streams of the room, as that node is told. */
async function ownersSeenBy(node: TestNode, told: ProvableFacts): Promise<string[]> {
  const { streams } = await node.peer.call('room.enter', {
    ...{ roomId, facts: told, entry: await sentTo(node) },
  });
  expect(JSON.stringify(streams)).not.toContain('proof');
  return streams.map(({ nodeId }) => nodeId);
}

const later_ms = 5_000;
const nothing = { erizos: [], streams: [] };

describe('a node that says it has a client', () => {
  it('is believed where the edge let the client in there, and takes its streams with it', async () => {
    const first = await sentTo(honest);
    const { clientId } = first;
    await ownersSeenBy(honest, publishedBy(first));
    await present(honest, [{ ...first, name: 'ann', role: 'presenter' }]);
    const second = await sentTo(other, { clientId, enteredAt_ms: clock.now_ms + later_ms });
    expect(await ownersSeenBy(other, publishedBy(second))).toEqual([other.card.nodeId]);
    await present(other, [{ ...second, name: 'ann', role: 'presenter' }]);
    expect(await honest.moved.take()).toEqual([clientId]);
  });

  it('takes neither client nor stream from another node with a time that is not proven', async () => {
    const first = await sentTo(honest);
    const { clientId } = first;
    await ownersSeenBy(honest, publishedBy(first));
    await present(honest, [{ ...first, name: 'ann', role: 'presenter' }]);
    const enteredAt_ms = first.enteredAt_ms + later_ms;
    const proofs = await Promise.all([
      sentTo(other, { enteredAt_ms }),
      sentTo(other, { clientId, enteredAt_ms }, newHexId()),
      sentTo(honest, { clientId, enteredAt_ms }),
    ]);
    const { nodeId } = honest.card;
    for (const proof of [undefined, first.proof, ...proofs.map((entry) => entry.proof)]) {
      const claim = { clientId, enteredAt_ms, ...(proof === undefined ? {} : { proof }) };
      expect(await ownersSeenBy(other, publishedBy(claim))).toEqual([nodeId]);
      await present(other, [{ ...claim, name: 'ann', role: 'presenter' }]);
      expect(await other.moved.take()).toEqual([clientId]);
      await other.peer.call('room.leave', { roomId });
    }
  });

  it('takes no stream by a ticket of another client, nor one whose client has no ticket', async () => {
    const [publisher, own] = await Promise.all([
      sentTo(honest),
      sentTo(other, { enteredAt_ms: clock.now_ms + later_ms }),
    ]);
    const { nodeId } = honest.card;
    await ownersSeenBy(honest, publishedBy(publisher));
    expect(await ownersSeenBy(other, publishedBy(own))).toEqual([nodeId]);
    await other.peer.call('room.leave', { roomId });
    await ownersSeenBy(honest, publishedBy({ clientId: publisher.clientId }));
    const taken = publishedBy({ clientId: publisher.clientId });
    expect(await ownersSeenBy(other, taken)).toEqual([nodeId]);
  });

  it('has no stream before its own client publishes it, though it claimed it first and by a newer ticket', async () => {
    const publisher = await sentTo(honest);
    const { clientId } = publisher;
    const streamId = await numberedStreamId(clientId, 3);
    const streams = facts.streams.map((stream) => ({ ...stream, streamId }));
    const claimed = { ...facts, streams };
    const newer = await sentTo(other, { enteredAt_ms: clock.now_ms + later_ms });
    for (const by of [newer, { clientId }]) {
      const told = {
        ...claimed,
        streams: streams.map((stream) => ({ ...stream, ...by, number: 3 })),
      };
      expect(await ownersSeenBy(other, told)).toEqual([other.card.nodeId]);
      const own = streams.map((stream) => ({ ...stream, ...publisher, number: 3 }));
      expect(await ownersSeenBy(honest, { ...claimed, streams: own })).toEqual([
        honest.card.nodeId,
      ]);
      await honest.peer.call('room.leave', { roomId });
      await other.peer.call('room.leave', { roomId });
    }
  });

  it('cannot say that a client of another node has left', async () => {
    const token = await (await createToken(roomId)).text();
    const answer = parse(JoinAnswer, await (await postJson('/join', { token })).json(), 'answer');
    const { clientId, reentry } = answer;
    await ownersSeenBy(other, publishedBy({}));
    const claim = { clientId, enteredAt_ms: clock.now_ms + later_ms };
    const { proof } = await sentTo(honest, claim);
    const left = { clients: [{ ...claim, proof }], forgotten: false };
    await other.peer.call('room.leave', { roomId, left });
    clock.pass(later_ms);
    expect((await postJson('/rejoin', { reentry })).status).toBe(200);
  });
});

describe('room.enter', () => {
  it('is refused to a node to which nobody was sent in that room', async () => {
    const [good, ofRoom, ofNode] = await Promise.all([
      sentTo(other),
      sentTo(other, {}, newHexId()),
      sentTo(honest),
    ]);
    const made = [
      { ...good, clientId: newUuid() },
      { ...good, enteredAt_ms: 1 },
    ];
    const forged = [ofRoom, ofNode, ...made];
    for (const entry of forged) {
      await expect(other.peer.call('room.enter', { roomId, facts, entry })).rejects.toMatchObject({
        code: 'forbidden',
      });
    }
    expect(await ownersSeenBy(honest, nothing)).toEqual([]);
  });

  it('is proven by what came with a ticket, or with a token', async () => {
    const inRegion = { regions: { allow: ['eu-west'] } };
    const [token, ofLicode] = await Promise.all(
      [1, 2].map(async () => (await createToken(roomId, inRegion)).text()),
    );
    const { controllers } = parse(
      JoinAnswer,
      await (await postJson('/join', { token })).json(),
      'answer',
    );
    const { nodeId } = honest.card;
    const expected = { nodeId, now_ms: clock.now_ms };
    const ticket = await checkTicket(
      [await ticketSecretFor(nodeId)],
      controllers[0]?.ticket ?? '',
      expected,
    );
    const { clientId, issuedAt_ms, proof } = ticket;
    const ofTicket = { clientId, enteredAt_ms: issuedAt_ms, proof };
    const entered = await honest.peer.call('room.enter', { roomId, facts, entry: ofTicket });
    expect(entered).not.toHaveProperty('entry');
    const { tokenId, host, secure, signature } = decodeToken(ofLicode ?? '');
    const { entry } = await honest.peer.call('token.consume', {
      token: { tokenId, host, secure, signature },
    });
    await honest.peer.call('room.enter', { roomId, facts, entry });
  });

  it('is answered where the node holds the room, though its key is no more, with nothing that it has made up', async () => {
    const claim = { clientId: newUuid(), enteredAt_ms: clock.now_ms + later_ms };
    const unproven = { ...claim, proof: (await sentTo(other, claim)).proof };
    await honest.enter(roomId, nothing);
    const shown = { roomId, facts: nothing, entry: unproven };
    const { entry } = await honest.peer.call('room.enter', shown);
    expect(entry?.clientId).not.toBe(claim.clientId);
    expect(entry).toEqual(await sentTo(honest, entry));
    expect(await honest.peer.call('room.enter', shown)).toMatchObject({ entry });
    await honest.peer.call('room.leave', { roomId });
    await expect(honest.peer.call('room.enter', shown)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('answers an entry under the current key to one that the key before it proves', async () => {
    const { all } = await entryKeysOf(configOf(env));
    const claim: Claim = { clientId: newUuid(), enteredAt_ms: clock.now_ms };
    const entry = {
      ...claim,
      proof: await proofOf(all[1] ?? '', await honest.placeIn(roomId), claim),
    };
    const entered = await honest.peer.call('room.enter', { roomId, facts, entry });
    expect(entered.entry).toEqual(await sentTo(honest, claim));
  });
});
