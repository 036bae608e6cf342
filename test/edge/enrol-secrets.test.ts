import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import worker from '../../edge/worker.ts';
import type { places } from './support.ts';
import { cardOf, connect, dial, enrolmentOf, keyOf, problem } from './support.ts';

const saEast = 'the secret of sa-east';
const [afSouth, afSouthNext] = ['the secret of af-south', 'the next one of af-south'];
const common = env.RIZOMA_ENROL_SECRET;

let number = 90;

/** A node of that region that shows that secret; it registers when it is told to. */
async function nodeIn(region: keyof typeof places, secret: string) {
  number += 1;
  const card = cardOf(region, number);
  return await connect(card, keyOf(card.nodeId), secret);
}

it('a node that shows the secret of a region enrols there', async () => {
  for (const [region, secret] of [
    ['sa-east', saEast],
    ['af-south', afSouth],
    ['af-south', afSouthNext],
  ] as const) {
    const node = await nodeIn(region, secret);
    expect((await node.register()).ticketKeys).toHaveLength(2);
    const enrolment = await enrolmentOf(node.card);
    expect(await node.peer.call('node.renew', { enrolment })).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  }
});

it('a node that shows the secret of a region enrols in no other one, whether that has its own or not', async () => {
  for (const region of ['af-south', 'eu-west'] as const) {
    const node = await nodeIn(region, saEast);
    await expect(node.register()).rejects.toMatchObject({ code: 'forbidden' });
  }
  const node = await nodeIn('eu-west', saEast);
  await expect(node.register()).rejects.toThrow('that of another region than eu-west');
});

it('a node that shows the common secret enrols where there is no other, and not where there is one', async () => {
  await (await nodeIn('eu-west', common)).register();
  const node = await nodeIn('sa-east', common);
  await expect(node.register()).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining('sa-east has an enrolment secret of its own'),
  });
});

it('a node that shows nothing, or what is no secret of the deployment, opens no link', async () => {
  for (const secret of ['', 'the secret of nobody', env.RIZOMA_ENROL_SECRETS]) {
    const response = await dial('sa-east-99', secret);
    expect(await problem(response)).toEqual({ status: 403, code: 'forbidden' });
  }
});

it('secrets of regions that are wrong are named, and not shown', async () => {
  for (const value of [
    'a secret without a region',
    '{"sa-east": "tooshort"}',
    '{"SA East": "the secret of sa-east"}',
    '{"sa-east": ["the secret of sa-east", "the next of sa-east", "and a third one"]}',
    '["the secret of sa-east"]',
  ]) {
    const request = new Request('https://edge.test/regions');
    const bindings = { ...env, RIZOMA_ENROL_SECRETS: value };
    const response = await worker.fetch(request, bindings, createExecutionContext());
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).toContain('RIZOMA_ENROL_SECRETS is wrong (is no JSON object of regions');
    expect(text).not.toMatch(/tooshort|secret of sa-east|without a region/);
  }
});
