import { decodeJwt, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { EdgeError } from '../../../client/server/index.ts';
import { Rizoma } from '../../../client/server/rizoma.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { mauthSignature, parseMAuth } from '../../../protocol/mauth.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const serviceId = '0123456789abcdef01234567';
const key = 'a key';
const room = { _id: serviceId, name: 'daily' };

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly authorization: string;
  readonly body: string | undefined;
}
type Answer = Response | TypeError | 'silence';

const json = (value: unknown): Response => Response.json(value);
const words = (status: number, text: string, headers: Record<string, string> = {}): Response =>
  new Response(text, { status, headers: { 'content-type': 'text/plain', ...headers } });
const problem = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify({ type: `urn:x`, title: code, status, detail: 'because', code }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });

/** A client whose requests are answered in turn, on a clock that moves whenever somebody waits. */
function worldOf(...answers: Answer[]): { rizoma: Rizoma; sent: Sent[]; waits_ms: number[] } {
  const sent: Sent[] = [];
  const waits_ms: number[] = [];
  const clock = new VirtualClock();
  const after = clock.after.bind(clock);
  clock.after = (delay_ms, run) => {
    const cancel = after(delay_ms, run);
    if (delay_ms !== timeout_ms) {
      waits_ms.push(delay_ms);
      queueMicrotask(() => clock.advance(delay_ms));
    }
    return cancel;
  };
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    const authorization = headers.get('authorization') ?? '';
    const body = typeof init.body === 'string' ? init.body : undefined;
    sent.push({ url, method: init.method ?? '', authorization, body });
    const answer = answers.shift() ?? 'silence';
    if (answer instanceof TypeError) {
      throw answer;
    }
    if (answer !== 'silence') {
      return answer;
    }
    const aborted = new Promise<never>((_, reject) => {
      init.signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
    clock.advance(timeout_ms);
    return await aborted;
  };
  const components = { clock, random: () => 0.5 };
  const options = { url: 'https://edge.test/', serviceId, key, fetch, timeout_ms };
  return { rizoma: Rizoma.create(components, options), sent, waits_ms };
}

const timeout_ms = 7_777;
const lost = (): TypeError => new TypeError('fetch failed');

async function refusal(call: Promise<unknown>): Promise<EdgeError> {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof EdgeError)) {
    throw new Error(`not an EdgeError: ${String(thrown)}`);
  }
  return thrown;
}

describe('a call of the server SDK', () => {
  it('is signed with MAuth, and signed anew when it is sent again', async () => {
    const { rizoma, sent } = worldOf(problem(503, 'unavailable'), json(room));
    expect(await rizoma.rooms.get(serviceId)).toEqual(room);
    const [first, second] = sent.map(({ authorization }) => parseMAuth(authorization));
    expect(first?.signature).toBe(first && (await mauthSignature(key, first)));
    expect(first?.cnonce).not.toBe(second?.cnonce);
    expect(sent[0]).toMatchObject({ method: 'GET', url: `https://edge.test/rooms/${serviceId}` });
  });

  it.each(['ann', 'ann b.', 'a=b'])('names the user %j in the MAuth header', async (userName) => {
    const { rizoma, sent } = worldOf(words(200, 'token'));
    await rizoma.tokens.create(serviceId, { userName, role: 'viewer', regions: {} });
    expect(parseMAuth(sent[0]?.authorization ?? '')).toMatchObject({
      username: userName,
      role: 'viewer',
    });
    expect(sent[0]?.body).toBe('{"regions":{}}');
  });

  it.each(['a,b', 'zoë', '안나', ' a', 'a\nb'])(
    'names the user %j in a JWT that is good once and soon worth nothing',
    async (userName) => {
      const { rizoma, sent } = worldOf(words(200, 'token'));
      await rizoma.tokens.create(serviceId, { userName, role: 'viewer' });
      const jwt = (sent[0]?.authorization ?? '').replace('Bearer ', '');
      const currentDate = new Date(new VirtualClock().now());
      await jwtVerify(jwt, utf8(key), { algorithms: ['HS256'], issuer: serviceId, currentDate });
      const { username, jti, exp } = decodeJwt(jwt);
      expect(username).toBe(userName);
      expect(jti).toBeDefined();
      expect(exp).toBe(currentDate.getTime() / 1000 + 60);
    },
  );

  it('is sent again after silence or a lost connection where that changes nothing', async () => {
    const { rizoma, sent, waits_ms } = worldOf('silence', lost(), json([room]));
    expect(await rizoma.rooms.list()).toEqual([room]);
    expect(sent).toHaveLength(3);
    expect(waits_ms).toEqual([250, 500]);
  });

  it('is not sent again where it might be done twice', async () => {
    for (const [answer, code] of [
      ['silence', 'timeout'],
      [lost(), 'link_down'],
      [problem(503, 'overloaded'), 'overloaded'],
    ] as const) {
      const { rizoma, sent } = worldOf(answer);
      expect(await refusal(rizoma.rooms.create({ name: 'x' }))).toMatchObject({ code });
      expect(sent).toHaveLength(1);
    }
  });

  it('is sent again in any case where it was limited before anything was done', async () => {
    const limited = problem(429, 'rate_limited', { 'retry-after': '2' });
    const { rizoma, waits_ms } = worldOf(limited, json(room));
    expect(await rizoma.rooms.create({ name: 'daily' })).toEqual(room);
    expect(waits_ms).toEqual([2_250]);
  });

  it('asks for a room by its name again, since that makes no second one', async () => {
    const { rizoma, sent } = worldOf(lost(), json(room));
    expect(await rizoma.rooms.getOrCreate({ name: 'daily' })).toEqual(room);
    expect(sent[1]?.body).toBe('{"name":"daily","options":{"getOrCreate":true}}');
  });

  it('gives up after three sendings, and at once where it would wait for long', async () => {
    const often = worldOf(lost(), lost(), lost());
    expect(await refusal(often.rizoma.rooms.list())).toMatchObject({ code: 'link_down' });
    expect(often.sent).toHaveLength(3);
    const late = worldOf(problem(503, 'unavailable', { 'retry-after': '60' }));
    expect(await refusal(late.rizoma.rooms.list())).toMatchObject({
      code: 'unavailable',
      retryAfter_s: 60,
      retryable: true,
    });
    expect(late.sent).toHaveLength(1);
  });

  it('takes for deleted what is gone after an answer that was lost, but not otherwise', async () => {
    const gone = words(404, 'Room does not exist');
    const { rizoma } = worldOf(lost(), gone.clone());
    await rizoma.rooms.delete(serviceId);
    const limited = worldOf(problem(429, 'rate_limited'), gone.clone());
    expect(await refusal(limited.rizoma.rooms.delete(serviceId))).toMatchObject({
      code: 'not_found',
    });
    const read = worldOf(lost(), gone);
    expect(await refusal(read.rizoma.rooms.get(serviceId))).toMatchObject({ status: 404 });
    const undone = worldOf(lost(), problem(404, 'not_found'));
    expect(await refusal(undone.rizoma.nodes.undoDrain('a'))).toMatchObject({ code: 'not_found' });
  });

  it('fails with a code that says what is wrong, whoever answers', async () => {
    for (const [answer, expected] of [
      [problem(400, 'region_unknown'), { code: 'region_unknown', status: 400, message: 'because' }],
      [problem(418, 'of_the_future'), { code: 'internal', status: 418, message: 'because' }],
      [words(404, 'No Erizo Controller found'), { code: 'region_empty', retryable: true }],
      [
        words(502, '<html>', { 'content-type': 'text/html' }),
        { code: 'link_down', message: 'answered 502' },
      ],
      [words(200, 'not json'), { code: 'internal' }],
      [json({ name: 5 }), { code: 'internal' }],
    ] as const) {
      const { rizoma } = worldOf(answer.clone(), answer.clone(), answer);
      expect(await refusal(rizoma.rooms.get('x'))).toMatchObject(expected);
    }
  });

  it('leaves no timer behind', async () => {
    const clock = new VirtualClock();
    const fetch = async (): Promise<Response> => await Promise.resolve(json([]));
    const options = { url: 'https://edge.test', serviceId, key, fetch };
    await Rizoma.create({ clock, random: () => 0 }, options).rooms.list();
    expect(clock.pending).toBe(0);
  });
});
