import type { LocalStream, RemoteStream, Room } from '../../client/sdk/index.ts';
import { joinWith } from '../../client/sdk/join.ts';
import { encodeToken } from '../../protocol/token.ts';
import { EchoController } from '../fakes/echo-controller.ts';
import { connectedMessage } from '../fakes/fake-controller-socket.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

/** What the tests run in the browser: the SDK with real media, and a controller that echoes it. */

const token = encodeToken({
  tokenId: `${'5'.repeat(24)}.${'6'.repeat(24)}`,
  host: '127.0.1.1:8080',
  secure: false,
  signature: 'c2lnbmVk',
  edge: 'http://edge.test',
  regions: {},
});

const placed = {
  clientId: connectedMessage.clientId,
  roomId: connectedMessage.id,
  controllers: [{ host: '127.0.1.1:8080', secure: false, region: 'eu-west', ticket: 't' }],
  reentry: 'proof',
};

interface Scene {
  readonly room: Room;
  readonly clock: VirtualClock;
  readonly echo: EchoController;
  readonly connections: RTCPeerConnection[];
  readonly media: MediaStream;
}

async function scene(): Promise<Scene> {
  const clock = new VirtualClock();
  const connections: RTCPeerConnection[] = [];
  const echoes: EchoController[] = [];
  const room = await joinWith(
    {
      clock,
      fetch: () => Promise.resolve(new Response(JSON.stringify(placed))),
      openSocket: (url, query) => {
        const echo = new EchoController(url, query);
        echoes.push(echo);
        return echo;
      },
      newConnection: (configuration) => {
        const connection = new RTCPeerConnection(configuration);
        connections.push(connection);
        return connection;
      },
      newStream: (tracks) => new MediaStream(tracks),
      random: () => 0.5,
    },
    { token },
    {},
  );
  const [echo] = echoes;
  if (echo === undefined) {
    throw new Error('no controller was dialled');
  }
  const media = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  return { room, clock, echo, connections, media };
}

function added(room: Room): Promise<RemoteStream> {
  const { promise, resolve } = Promise.withResolvers<RemoteStream>();
  const stop = room.on('stream-added', (stream) => {
    stop();
    resolve(stream);
  });
  return promise;
}

/** Ends when so many frames were shown. */
async function frames(media: MediaStream, count: number): Promise<void> {
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = media;
  await video.play();
  for (let shown = 0; shown < count; shown += 1) {
    await new Promise((resolve) => {
      video.requestVideoFrameCallback(resolve);
    });
  }
}

async function publishAndHear({ room, media }: Scene) {
  const arriving = added(room);
  const local = await room.publish(media, { attributes: { name: 'ann' } });
  return { local, remote: await arriving };
}

function states(connections: readonly RTCPeerConnection[]): string[] {
  return connections.map((connection) =>
    connection.signalingState === 'closed' ? 'closed' : 'open',
  );
}

function nextMedia(stream: RemoteStream): Promise<MediaStream> {
  return new Promise((resolve) => {
    stream.on('media', resolve);
  });
}

function nextLive(stream: LocalStream): Promise<string> {
  return new Promise((resolve) => {
    stream.on('live', ({ id }) => resolve(id));
  });
}

const scenarios = {
  async plays(offerFirst: boolean) {
    const all = await scene();
    all.echo.offerFirst = offerFirst;
    const { local, remote } = await publishAndHear(all);
    const media = await all.room.subscribe(remote);
    await frames(media, 5);
    const stats = await all.room.stats();
    const [sent, received] = [local.id, remote.id].map((id) =>
      stats.find(({ streamId }) => streamId === id),
    );
    all.room.leave();
    // Who waited for something hears of the end, and stops its timer, in a turn of its own.
    await new Promise((resolve) => {
      setTimeout(resolve);
    });
    return {
      own_id: remote.id === media.id,
      kinds: media
        .getTracks()
        .map(({ kind }) => kind)
        .sort(),
      own: [...all.room.streams.keys()].includes(local.id ?? ''),
      sent: sent?.video?.frames,
      received: received?.video?.frames,
      width: received?.video?.width,
      sound: received?.audio?.bytes,
      after: states(all.connections),
      timers: all.clock.pending,
    };
  },

  async shares() {
    const all = await scene();
    const first = await publishAndHear(all);
    const second = await publishAndHear(all);
    const played = await Promise.all([
      all.room.subscribe(first.remote),
      all.room.subscribe(second.remote),
    ]);
    await Promise.all(played.map((media) => frames(media, 3)));
    const answer = {
      connections: all.connections.length,
      streams: new Set(played).size,
      stats: (await all.room.stats()).length,
    };
    all.room.leave();
    return answer;
  },

  async hearsOfBandwidth() {
    const all = await scene();
    const arriving = added(all.room);
    const adaptation = { scheme: 'notify-break', minVideo_kbps: 300 } as const;
    await all.room.publish(all.media, { adaptation });
    const remote = await arriving;
    await all.room.subscribe(remote);
    const told: unknown[] = [];
    remote.on('bandwidth-alert', (alert) => told.push(alert));
    all.room.on('quality', (quality) => told.push(quality));
    all.echo.tellBandwidth(remote.id);
    const asked = all.echo.of('publish').map(({ message }) => message);
    all.room.leave();
    return { told, asked };
  },

  async subscribesAgain() {
    const all = await scene();
    const { remote } = await publishAndHear(all);
    await frames(await all.room.subscribe(remote), 2);
    const again = nextMedia(remote);
    all.echo.fail('subscribe');
    const early = all.echo.of('subscribe').length;
    all.clock.advance(250);
    await frames(await again, 3);
    const tries = all.echo.of('subscribe').length;
    all.clock.advance(10_000);
    const answer = { early, tries, states: states(all.connections) };
    all.room.leave();
    return answer;
  },

  async publishesAgain() {
    const all = await scene();
    const { local } = await publishAndHear(all);
    const before = local.id;
    const live = nextLive(local);
    const arriving = added(all.room);
    all.echo.fail('publish');
    all.clock.advance(250);
    const after = await live;
    await frames(await all.room.subscribe(await arriving), 3);
    all.clock.advance(10_000);
    const answer = {
      renamed: before !== after,
      id: local.id === after,
      states: states(all.connections),
    };
    all.room.leave();
    return answer;
  },

  async isRefused() {
    const all = await scene();
    const { local, remote } = await publishAndHear(all);
    all.echo.refusal = { code: 'sdp_no_codec', message: 'no codec of yours is known here' };
    const refused = await all.room.publish(all.media).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    await frames(await all.room.subscribe(remote), 2);
    const third = await publishAndHear(all);
    await frames(await all.room.subscribe(third.remote), 2);
    const answer = {
      refused,
      withdrawn: all.echo.of('unpublish').length,
      local: all.room.localStreams.length,
      first: all.room.localStreams.includes(local),
    };
    all.room.leave();
    return answer;
  },

  async isRefusedAtFirst() {
    const all = await scene();
    all.echo.refusal = { code: 'sdp_no_codec', message: 'no codec of yours is known here' };
    const refused = await all.room.publish(all.media).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    const { remote } = await publishAndHear(all);
    await frames(await all.room.subscribe(remote), 2);
    const answer = { refused, states: states(all.connections) };
    all.room.leave();
    return answer;
  },

  async isRemovedAndComesBack() {
    const all = await scene();
    const { local } = await publishAndHear(all);
    const before = all.room.streams.size;
    const id = local.id ?? '';
    const stream = { id, region: 'eu-west', label: id, audio: true, video: true, data: true };
    all.echo.tell('onRemoveStream', { id });
    all.echo.tell('onAddStream', { ...stream, attributes: {} });
    const came = [...all.room.streams.keys()].slice(before);
    const own = all.room.localStreams.length;
    all.room.leave();
    return { came, own };
  },

  async goesIdle() {
    const all = await scene();
    const { local, remote } = await publishAndHear(all);
    await all.room.subscribe(remote);
    await all.room.unsubscribe(remote);
    all.clock.advance(9_999);
    const kept = states(all.connections);
    await all.room.subscribe(remote);
    all.clock.advance(10_000);
    const used = states(all.connections);
    await all.room.unsubscribe(remote);
    await all.room.unpublish(local);
    all.clock.advance(10_000);
    const idle = states(all.connections);
    all.room.leave();
    return { kept, used, idle, timers: all.clock.pending };
  },
};

declare global {
  interface Window {
    scenarios: typeof scenarios;
  }
}

window.scenarios = scenarios;
