import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { watcherToOwner } from '../../protocol/contracts/controller-controller.ts';
import { erizoToUpstream } from '../../protocol/contracts/erizo-erizo.ts';
import { newStreamId } from '../../protocol/ids.ts';
import { LicodeClient } from '../fakes/licode-client.ts';
import { countersOf } from '../support/counters.ts';
import { entranceBy } from '../support/entrance.ts';
import { demoToken, nuve } from '../support/tokens.ts';
import { chooseRegions, measuredMatrix, readMatrix } from './matrix.ts';
import type { Captured } from './pcap.ts';
import { readPcap } from './pcap.ts';
import { whyNoWan } from './permission.ts';
import { nodeHost } from './system.ts';
import { wanCamera, wanStage } from './wan-stage.ts';

/** What crosses between two regions, as an eavesdropper sees it who reads every packet. */

const matrix = readMatrix(measuredMatrix);
const regions = chooseRegions(matrix, '2');
const [here = '', there = ''] = regions.map(({ id }) => id);
const lastMile_ms = 10;
/** Where a program sends the same film in the clear, so that the search is known to find it. */
const clearPort = 5_004;
/** Of media, beside headers, in which the film is looked for. */
const media_bytes = 50_000;
const why = whyNoWan();

describe.skipIf(why !== undefined)(`what crosses a WAN ${why ?? ''}`, () => {
  const dir = join(tmpdir(), `rizoma-capture-${process.pid}`);
  // Before the WAN is stopped nothing may be removed, and hooks of this kind run from the last to the first.
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const wan = wanStage({
    ...{ matrix, regions, lastMile_ms, prerunProcesses: 1 },
    env: { RIZOMA_RECORDING_DIR: dir },
  });
  const film = newStreamId();

  beforeAll(async () => {
    mkdirSync(dir, { recursive: true });
    await makeFilm(filmFile());
  });

  const filmFile = (): string => join(dir, `${film}.mkv`);

  /** Plays the film into a room here, which somebody watches there. Answers the id of the stream. */
  async function playOver(): Promise<string> {
    const { mesh, stage } = wan;
    const { edgeUrl } = mesh.system;
    const token = await demoToken(edgeUrl, { room: stage.room, name: 'ann', region: here });
    const { host, ticket } = await entranceBy(edgeUrl, token);
    const ann = await LicodeClient.join(`ws://${host}`, { ticket });
    const options = { state: 'recording', audio: true, video: true, attributes: {} };
    const [streamId] = await ann.ask('publish', { options, sdp: film });
    expect(streamId).toEqual(expect.any(String));
    const ben = await stage.join({ name: 'ben', region: there });
    await ben.shows(String(streamId));
    const between = [nodeHost(here), nodeHost(there)] as const;
    const wanted_bytes = (await mesh.wan.bytes(...between)) + 2 * media_bytes;
    await vi.waitFor(
      async () => expect(await mesh.wan.bytes(...between)).toBeGreaterThan(wanted_bytes),
      { timeout: 30_000, interval: 100 },
    );
    ann.socket.disconnect();
    return String(streamId);
  }

  /** Sends the same film as plain RTP from the one node's host to the other's. */
  async function playInTheClear(): Promise<void> {
    const { mesh } = wan;
    const to = `rtp://${mesh.wan.host(nodeHost(there)).ip}:${clearPort}`;
    const [program = '', ...enter] = mesh.wan.host(nodeHost(here)).enter;
    const input = ['-v', 'error', '-i', filmFile(), '-t', '1', '-an'];
    await promisify(execFile)(program, [
      ...enter,
      'ffmpeg',
      ...input,
      '-c',
      'copy',
      '-f',
      'rtp',
      to,
    ]);
  }

  test('is read by nobody on the way: neither what processes say to each other, nor what is played', async () => {
    const { mesh } = wan;
    const file = join(dir, 'wan.pcap');
    const streamId = await mesh.wan.capture(file, async () => {
      await playInTheClear();
      return await playOver();
    });
    const packets = [...readPcap(readFileSync(file))];
    const nodes = [here, there].map((region) => mesh.wan.host(nodeHost(region)).ip);
    const between = packets.filter(({ from, to }) => nodes.includes(from) && nodes.includes(to));

    // What nodes say to clients is not encrypted on this machine: the words are found there.
    const words = [streamId, '"region":', '"attributes":'];
    const toClients = packets.filter(({ from, to }) => nodes.includes(from) && !nodes.includes(to));
    expect(found(toClients, words)).toEqual(words);
    const said = [watcherToOwner, erizoToUpstream].flatMap(Object.keys);
    expect(said).toContain('cascade.open');
    const rpc = between.filter(({ protocol }) => protocol === 'tcp');
    expect(bytesOf(rpc)).toBeGreaterThan(1_000);
    expect(found(rpc, [...words, ...said, ...regions.map(({ id }) => `${id}-1`)])).toEqual([]);

    // The film that was sent in the clear is found.
    const pieces = piecesOf(readFileSync(filmFile()));
    const media = between.filter(({ protocol }) => protocol === 'udp');
    const clear = media.filter(({ port }) => port === clearPort);
    const piped = media.filter(({ port }) => port !== clearPort);
    expect(clear.filter(({ payload }) => hasPiece(payload, pieces)).length).toBe(clear.length);
    expect(clear.length).toBeGreaterThan(0);
    expect(bytesOf(piped)).toBeGreaterThan(media_bytes);
    expect(piped.filter(({ payload }) => hasPiece(payload, pieces))).toEqual([]);
  });

  test('is nothing more once the key of the node there was revoked, in the middle of a call', async () => {
    const { system } = wan.mesh;
    const join = (name: string, region: string) => wan.stage.join({ name, region });
    const [ann, ben, cleo] = [
      await join('ann', here),
      await join('ben', there),
      await join('cleo', here),
    ];
    const stream = await ann.publish({ camera: wanCamera });
    await Promise.all([ben.shows(stream), cleo.shows(stream)]);
    expect(await countersOf(system, here)).toMatchObject({ feeds: 1, pipe_transports: 1 });
    const revokedAt_ms = performance.now();

    await nuve(system, 'DELETE', `nodes/${there}-1`);

    await vi.waitFor(
      async () =>
        expect(await countersOf(system, here)).toMatchObject({ feeds: 0, pipe_transports: 0 }),
      { timeout: 30_000, interval: 100 },
    );
    console.log(JSON.stringify({ outAfter_ms: Math.round(performance.now() - revokedAt_ms) }));
    // What was on its way has come by now, and while others play on nothing more does.
    await cleo.playsOn();
    const { packets } = await ben.rtp();
    await cleo.playsOn({ frames: 30 });
    expect((await ben.rtp()).packets).toBe(packets);
    expect(await countersOf(system, here)).toMatchObject({ feeds: 0, pipe_transports: 0 });
  });
});

/** As a node writes it: VP8 and Opus, which go into a room as they are. */
async function makeFilm(file: string): Promise<void> {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=10'];
  const sound = ['-f', 'lavfi', '-i', 'anoisesrc=amplitude=0.5'];
  const codecs = [
    '-pix_fmt',
    'yuv420p',
    '-c:v',
    'libvpx',
    '-deadline',
    'realtime',
    '-cpu-used',
    '8',
    '-g',
    '10',
    '-c:a',
    'libopus',
  ];
  await promisify(execFile)('ffmpeg', [
    '-v',
    'error',
    ...picture,
    ...sound,
    '-t',
    '30',
    ...codecs,
    file,
  ]);
}

/** Those of the words that stand in what was sent one way, over the borders of packets as well. */
function found(packets: readonly Captured[], words: readonly string[]): string[] {
  const flows = Map.groupBy(packets, ({ from, to, port }) => `${from} ${to} ${port}`);
  const texts = [...flows.values()].map((flow) =>
    Buffer.concat(flow.map(({ payload }) => payload)),
  );
  return words.filter((word) => texts.some((text) => text.includes(word)));
}

const piece_bytes = 16;

/** All runs of so many bytes of a file, but for those that a file of any kind may have, such as zeros. */
function piecesOf(file: Buffer): ReadonlySet<string> {
  const pieces = new Set<string>();
  for (let at = 0; at + piece_bytes <= file.length; at += 1) {
    const piece = file.subarray(at, at + piece_bytes);
    if (new Set(piece).size > piece_bytes / 2) {
      pieces.add(piece.toString('latin1'));
    }
  }
  return pieces;
}

/** Whether some of the payload is in the file as well. */
function hasPiece(payload: Buffer, pieces: ReadonlySet<string>): boolean {
  for (let at = 0; at + piece_bytes <= payload.length; at += piece_bytes / 2) {
    if (pieces.has(payload.toString('latin1', at, at + piece_bytes))) {
      return true;
    }
  }
  return false;
}

function bytesOf(packets: readonly Captured[]): number {
  return packets.reduce((sum, { payload }) => sum + payload.length, 0);
}
