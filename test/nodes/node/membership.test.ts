import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { signCertificate } from '../../../protocol/certificate.ts';
import type { NodeCard } from '../../../protocol/contracts/node-edge.ts';
import { encodeFrame } from '../../../protocol/frame.ts';
import { newUuid } from '../../../protocol/ids.ts';
import type { Link } from '../../../protocol/link.ts';
import { peerIdOf } from '../../../protocol/peer-id.ts';
import type { SaidCard } from '../../../protocol/said-card.ts';
import { signCard } from '../../../protocol/said-card.ts';
import { newPeer } from '../../support/peer.ts';
import type { TestPeer } from '../../support/peer.ts';
import { enrolSecret, privateKey, TestEdge } from '../../unit/mesh/test-edge.ts';
import type { NodeProcess } from '../agent/kit.ts';
import { ip, startNode, sweep } from '../agent/kit.ts';

let runId: string;
let edge: TestEdge;
/** Also while the edge is away. */
let edgeUrl: string;
let folder: string;
let raw: TestPeer[];

beforeEach(async () => {
  runId = newUuid();
  edge = await TestEdge.create();
  edgeUrl = edge.url;
  folder = await mkdtemp(join(tmpdir(), 'rizoma-mesh-'));
  raw = [];
});

afterEach(async () => {
  sweep(runId);
  await Promise.all(raw.map(({ peer }) => peer.close()));
  await edge.close();
  await rm(folder, { recursive: true });
});

const start = (nodeId: string, roles = 'controller'): Promise<NodeProcess> =>
  startNode(runId, {
    RIZOMA_NODE_ID: nodeId,
    RIZOMA_ROLES: roles,
    RIZOMA_PRERUN_PROCESSES: '0',
    RIZOMA_EDGE_URL: edgeUrl,
    RIZOMA_ENROL_SECRET: enrolSecret,
    RIZOMA_STATE_DIR: join(folder, nodeId),
  });

async function metricOf(node: NodeProcess, name: string): Promise<number> {
  const text = await (await fetch(`${node.httpUrl}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}

/** Waits until each of them hears so many, itself among them. */
async function untilHeard(nodes: readonly NodeProcess[], count: number): Promise<void> {
  for (const node of nodes) {
    await vi.waitFor(async () => expect(await metricOf(node, 'rizoma_mesh_heard')).toBe(count), {
      timeout: 30_000,
      interval: 100,
    });
  }
}

async function refused(node: NodeProcess, code: string, count: number): Promise<void> {
  const name = `rizoma_gossip_refused_total{code="${code}"}`;
  await vi.waitFor(async () => expect(await metricOf(node, name)).toBeGreaterThanOrEqual(count), {
    timeout: 20_000,
    interval: 100,
  });
}

/** Lines of the node's log with that message. */
const linesOf = (node: NodeProcess, message: string): string[] =>
  node
    .output()
    .split('\n')
    .filter((line) => line.includes(`"msg":"${message}"`));

/** Two or more nodes that the edge has told of each other once. */
async function startMesh(...ids: string[]): Promise<NodeProcess[]> {
  const nodes: NodeProcess[] = [];
  for (const [at, id] of ids.entries()) {
    nodes.push(await start(id, at === 0 ? 'controller' : 'agent'));
  }
  await edge.asked('node.register', ids.length);
  // Again and again, as one that has not heard yet that it is registered is not told.
  const telling = setInterval(() => edge.tellMembers(), 200);
  await untilHeard(nodes, ids.length).finally(() => clearInterval(telling));
  return nodes;
}

describe('nodes without an edge', () => {
  it('lose one that is killed and hear one that ends, and one that starts again finds the others and is served', async () => {
    const [one, two, three] = await startMesh('one', 'two', 'three');
    if (one === undefined || two === undefined || three === undefined) {
      throw new Error('no nodes');
    }
    await vi.waitFor(async () => {
      const file = join(folder, 'two', 'mesh.json');
      expect(await readFile(file, 'utf8')).toContain('"nodeId":"three"');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }, 20_000);
    const { port } = edge;
    await edge.close();

    two.child.kill('SIGKILL');
    await untilHeard([one, three], 2);
    const again = await start('two', 'agent');
    await untilHeard([one, again, three], 3);
    // The controller has found its agent again, which knows it and lets it in.
    const { rpcEndpoint } = again;
    await vi.waitFor(
      () =>
        expect(linesOf(one, 'agent dialled').some((line) => line.includes(rpcEndpoint))).toBe(true),
      20_000,
    );
    expect(linesOf(again, 'the mesh of an earlier run is recalled')).toHaveLength(1);
    expect(again.output()).not.toContain('connection refused: CURVE key is not a mesh member');

    three.child.kill('SIGINT');
    expect(await three.exit).toBe(0);
    await untilHeard([one, again], 2);
    // It was not missed: it said so.
    expect(one.output()).not.toContain('a neighbour is silent');

    edge = await TestEdge.create(port);
    await edge.asked('node.register', 2);
    await untilHeard([one, again], 2);
  });
});

/** Somebody whom the edge certified, and who says what it likes. */
async function newMember(nodeId: string): Promise<TestPeer & { card: NodeCard }> {
  const made = await newPeer(ip);
  raw.push(made);
  const { keys, peerId } = made.identity;
  const self = { nodeId, region: 'test' };
  const certified = {
    ...self,
    peerId,
    curveKey: keys.curve.publicKey,
    mediaIp: ip,
    jti: newUuid(),
  };
  const certificate = await signCertificate(privateKey, certified, Date.now());
  const place = { lat: 0, lon: 0 };
  const about = { place, secure: false, version: '0.1.0', mesh: made.peer.endpoint };
  return { ...made, card: { ...self, epoch: newUuid(), ...about, certificate } };
}

/** What a node says of itself now, under a key that need not be its own. */
function said(by: TestPeer, card: NodeCard, change: Partial<SaidCard> = {}): Promise<string> {
  const now_ms = Date.now();
  const fields = { card, said_ms: now_ms, since_ms: now_ms, gone: false, ...change };
  return signCard(by.identity.keys.mesh, fields);
}

const frame = (method: string, params: object): string =>
  encodeFrame({ t: 'notify', method, params });

const news = (cards: string[]): string => frame('gossip.news', { cards, doubted: [] });

/** Says on the link that it lives, as the other hangs up on who is silent for 1.4 s. */
function keepUp(link: Link): void {
  const beats = setInterval(() => link.send(frame('gossip.beat', { sum: 0 })), 300);
  link.open({ frame: () => undefined, ended: () => clearInterval(beats) });
}

describe('a node', () => {
  it('believes no card that is not of the node that says it, and is not harmed by a flood', async () => {
    const [one] = await startMesh('one');
    if (one === undefined) {
      throw new Error('no node');
    }
    const [mallory, victim] = [await newMember('mallory'), await newMember('victim')];
    edge.tellMembers([mallory.card, victim.card]);
    const mesh = /"endpoint":"(tcp:[^"]+)","msg":"mesh peer listens"/.exec(one.output())?.[1] ?? '';
    const peerId = /"peerId":"([^"]+)"/.exec(one.output())?.[1] ?? '';
    mallory.members.add(peerId);
    await mallory.peer.serve((_from, link) => link.close());
    const dial = (): Promise<Link> =>
      vi.waitFor(async () => mallory.peer.dial({ peerId, endpoint: mesh }), 10_000);
    const link = await dial();
    keepUp(link);
    link.send(news([await said(mallory, mallory.card)]));
    await untilHeard([one], 2);

    // The victim's card under another key, of the future, of long ago, and what is no card at all.
    const day_ms = 86_400_000;
    link.send(news([await said(mallory, victim.card)]));
    link.send(news([await said(victim, victim.card, { said_ms: Date.now() + day_ms })]));
    link.send(news([await said(victim, victim.card, { said_ms: Date.now() - day_ms })]));
    await refused(one, 'forbidden', 3);
    const { certificate: _none, ...bare } = victim.card;
    link.send(news([await said(victim, { ...bare, region: 'elsewhere' })]));
    await refused(one, 'certificate_forged', 1);
    link.send(news(['not a card']));
    link.send(news(['x'.repeat(10_000)]));
    await refused(one, 'bad_request', 2);
    const late = await said(mallory, mallory.card);
    const later = await said(mallory, mallory.card, { said_ms: Date.now() + 1_000 });
    // Together, as signatures of two messages are checked side by side.
    link.send(news([later, late]));
    await refused(one, 'conflict', 1);
    expect(await metricOf(one, 'rizoma_mesh_heard')).toBe(2);

    for (let sent = 0; sent < 200; sent += 1) {
      link.send(news([`flood ${sent}`]));
    }
    await refused(one, 'rate_limited', 1);
    await vi.waitFor(
      () => expect(linesOf(one, 'a neighbour that says too much is cut off')).toHaveLength(1),
      20_000,
    );
    expect((await fetch(`${one.httpUrl}/healthz`)).status).toBe(200);
    expect(await metricOf(one, 'rizoma_mesh_heard')).toBeLessThanOrEqual(2);
  });

  it('has nothing to do with one that the edge did not certify, nor with one whose key was revoked', async () => {
    const [one] = await startMesh('one');
    const [stranger, member] = [await newMember('stranger'), await newMember('member')];
    edge.tellMembers([member.card]);
    const mesh = /"endpoint":"(tcp:[^"]+)","msg":"mesh peer listens"/.exec(
      one?.output() ?? '',
    )?.[1];
    const peerId = /"peerId":"([^"]+)"/.exec(one?.output() ?? '')?.[1] ?? '';
    const address = { peerId, endpoint: mesh ?? '' };
    for (const { members } of [stranger, member]) {
      members.add(peerId);
    }
    const ended = Promise.withResolvers<string>();
    const link = await vi.waitFor(() => member.peer.dial(address), 10_000);
    link.open({ frame: () => undefined, ended: (why) => ended.resolve(why) });
    await expect(stranger.peer.dial(address)).rejects.toBeInstanceOf(Error);
    edge.tellMembers([], [peerIdOf(member.identity.keys.mesh)]);
    await ended.promise;
    await expect(member.peer.dial(address)).rejects.toBeInstanceOf(Error);
  });
});
