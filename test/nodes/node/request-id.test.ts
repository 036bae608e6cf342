import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LocalSystem } from '../../../infra/local.ts';
import { DemoTokenAnswer, JoinAnswer } from '../../../protocol/contracts/rest.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { mauthHeader } from '../../../protocol/mauth.ts';
import { LicodeClient } from '../../fakes/licode-client.ts';
import { startTestSystem } from '../../support/system.ts';

let system: LocalSystem;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ system, stop } = await startTestSystem({ regions: ['eu-west'] }));
});

afterAll(async () => {
  await stop();
});

const Line = v.looseObject({
  requestId: v.optional(v.string()),
  object: v.optional(v.string()),
  message: v.optional(v.string()),
  msg: v.optional(v.string()),
  clientId: v.optional(v.string()),
});

/** The lines of a part's log that carry the id. */
async function linesOf(part: string, requestId: string): Promise<v.InferOutput<typeof Line>[]> {
  const text = await readFile(`${system.stateDir}/log/${part}.log`, 'utf8');
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes(requestId))
    .map((line) => v.parse(Line, JSON.parse(line)))
    .filter((line) => line.requestId === requestId);
}

/** The words of the edge's lines with the id, by the object that said them. */
async function saidAtEdge(requestId: string): Promise<(string | undefined)[][]> {
  const lines = await linesOf('edge', requestId);
  return lines.map(({ object, message }) => [object, message]);
}

async function ask(
  method: string,
  path: string,
  requestId: string,
  body?: unknown,
): Promise<Response> {
  const authorization = await mauthHeader(system.secrets.NUVE_SUPERSERVICE_KEY, {
    serviceid: system.secrets.NUVE_SUPERSERVICE_ID,
    timestamp: String(Date.now()),
    cnonce: newUuid(),
  });
  const response = await fetch(`${system.edgeUrl}${path}`, {
    method,
    headers: { authorization, 'x-request-id': requestId },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('x-request-id')).toBe(requestId);
  return response;
}

async function join(name: string, requestId: string): Promise<JoinAnswer> {
  const made = await ask('POST', '/demo/token', newUuid(), { room: 'traced', name });
  const { token } = v.parse(DemoTokenAnswer, await made.json());
  return v.parse(JoinAnswer, await (await ask('POST', '/join', requestId, { token })).json());
}

async function enter({ controllers }: JoinAnswer): Promise<LicodeClient> {
  const [{ host, ticket } = { host: '', ticket: '' }] = controllers;
  return await LicodeClient.join(`ws://${host}`, { ticket });
}

const node = 'eu-west-1';
const refused = 'ticket_used';

describe('the id of a request', () => {
  it('is in the lines of the Worker and of the controller that let the client in', async () => {
    const requestId = newUuid();
    const answer = await join('ann', requestId);
    const ann = await enter(answer);
    await vi.waitFor(async () => {
      expect(await saidAtEdge(requestId)).toEqual([['worker', 'a request was answered']]);
      expect(await linesOf(node, requestId)).toMatchObject([
        { msg: 'client joined', clientId: answer.clientId },
      ]);
    }, 20_000);
    await expect(enter(answer)).rejects.toThrowError(refused);
    ann.socket.disconnect();
  });

  it('is in the lines of the controller that disconnects users, or all of a room', async () => {
    const answer = await join('ben', newUuid());
    const ben = await enter(answer);
    const removal = newUuid();
    await ask('DELETE', `/rooms/${answer.roomId}/users/ben`, removal);
    await ben.next('disconnect');
    const stays = await enter(await join('cleo', newUuid()));
    const deletion = newUuid();
    await ask('DELETE', `/rooms/${answer.roomId}`, deletion);
    await stays.next('disconnect');
    await vi.waitFor(async () => {
      expect(await linesOf(node, removal)).toMatchObject([{ msg: 'users removed' }]);
      expect(await linesOf(node, deletion)).toMatchObject([{ msg: 'room ended' }]);
      expect(await saidAtEdge(deletion)).toContainEqual(['room', 'a room was deleted']);
    }, 20_000);
  });
});
