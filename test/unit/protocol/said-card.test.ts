import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { NodeCard } from '../../../protocol/contracts/node-edge.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import type { SaidCard } from '../../../protocol/said-card.ts';
import { readCard, signCard } from '../../../protocol/said-card.ts';
import { publicTicketKey } from '../../../protocol/ticket.ts';
import { newTicketKey } from '../../fakes/fake-edge.ts';

const now_ms = 1_800_000_000_000;
const key = await newTicketKey();
const card: NodeCard = {
  ...{ nodeId: 'eu-west-1', epoch: newUuid(), region: 'eu-west', place: { lat: 50, lon: 3 } },
  ...{ secure: true, version: '0.1.0' },
};
const said = { card, said_ms: now_ms, since_ms: now_ms, gone: false };

/** A name of full length that differs from others in its number. */
const longName = (number: number): string => `${'x'.repeat(60)}${1_000 + number}`;
const waysTo = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [longName(at), 60_000]));

describe('the card that a node says', () => {
  it('brings its load, and none where it says none', async () => {
    const load: SaidCard['load'] = { state: 'warning', rtts_ms: { 'us-east': 80 } };
    const text = await signCard(key, { ...said, load });
    expect(await readCard(text, now_ms)).toMatchObject({ card, load, gone: false });
    expect((await readCard(await signCard(key, said), now_ms)).load).toBeUndefined();
  });

  it('is short enough with the longest names and ways to all regions, and so are as many as go together', async () => {
    const endpoint = 'tcp://255.255.255.255:65535';
    const longest: NodeCard = {
      ...{ ...card, nodeId: longName(0), region: longName(1), jurisdiction: 'fedramp-high' },
      ...{ host: 'x'.repeat(255), agent: endpoint, controller: endpoint, mesh: endpoint },
      ...{ version: 'x'.repeat(64), certificate: 'x'.repeat(2_048) },
    };
    const load: SaidCard['load'] = { state: 'available', rtts_ms: waysTo(limits.regions) };
    const text = await signCard(key, { ...said, card: longest, load });
    expect(text.length).toBeLessThan(limits.saidCard_chars);
    expect(text.length * limits.gossipCards).toBeLessThan(limits.frameSize_bytes);
  });

  it.each([
    ['of no state', { rtts_ms: {} }],
    ['of a state that there is not', { state: 'idle' }],
    ['with ways to more regions than there may be', { state: 'full', rtts_ms: waysTo(65) }],
    ['with a way that takes no time that could be', { state: 'full', rtts_ms: { east: -1 } }],
    ['with a way to no region', { state: 'full', rtts_ms: { 'No region': 1 } }],
  ])('is refused with a load %s', async (_what, load) => {
    const text = await new SignJWT({ ...said, load, key: publicTicketKey(key) })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'rizoma-card+jwt' })
      .sign({ ...key });
    await expect(readCard(text, now_ms)).rejects.toMatchObject({ code: 'bad_request' });
  });
});
