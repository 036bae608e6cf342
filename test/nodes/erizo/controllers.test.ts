import { describe, expect, it } from 'vitest';
import { newHexId, newStreamId, newUuid } from '../../../protocol/ids.ts';
import { grantOf, roomId } from './kit/grants.ts';
import { record, recordingSuite } from './kit/recordings.ts';
import { TestController } from './kit/test-controller.ts';
import { controllerIn } from './kit/wires.ts';

const suite = recordingSuite();
const forbidden = { code: 'forbidden' };

describe('a process', () => {
  it('refuses the controllers of another region', async () => {
    const { erizo } = await suite.start();
    const hello = JSON.stringify({ kind: 'controller', id: newUuid() });
    const zmq = controllerIn('us-east');
    const far = new TestController(zmq.dial({ to: erizo.hop, hello, name: 'far' }));
    const prepared = far.peer.call('prepareSubscriber', { clientId: newUuid(), plan: 'dual' });
    await expect(prepared).rejects.toMatchObject({ code: 'link_down' });
    expect(await erizo.counters()).toMatchObject({ clients: 0, webRtcTransports: 0 });
  });

  it('lets no media of a room in or out for a controller that has no grant of it', async () => {
    const { erizo, controller } = await suite.start();
    const ann = await suite.join(controller);
    const stream = await ann.publish();
    const other = TestController.dial(erizo);
    const ben = await suite.join(other);
    const stats = (): Promise<unknown> =>
      other.peer.call('getStreamStats', { roomId, streamId: stream.streamId });
    const bad = [
      await grantOf({ roomId: newHexId() }),
      await grantOf({ regions: { deny: [erizo.hop.region] } }),
    ];
    for (const grant of bad) {
      await expect(ben.publish({ grant })).rejects.toThrow('refused with forbidden');
      await expect(ben.subscribe(stream, [], grant)).rejects.toMatchObject(forbidden);
      const { streamId } = stream;
      const way = { roomId, streamId, route: [], grant };
      await expect(other.peer.call('reroute', way)).rejects.toMatchObject(forbidden);
    }
    expect(await stats()).toEqual({ subscribers: {} });
    expect(await erizo.counters()).toMatchObject({ clients: 1, publishers: 1, subscribers: 0 });
    await ben.subscribe(stream, []);
    await ben.plays(stream);
    expect(await stats()).toMatchObject({ publisher: expect.anything() });
  });

  it('stops a recording for nobody but the controller that began it', async () => {
    const { erizo, controller } = await suite.start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    const other = TestController.dial(erizo);
    for (const id of [recordingId, newStreamId()]) {
      const stopped = other.peer.call('removeExternalOutput', { recordingId: id });
      await expect(stopped).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(await erizo.counters()).toMatchObject({ recordings: 1 });
    const end = await controller.peer.call('removeExternalOutput', { recordingId });
    expect(end.why).toBe('stopped');
  });
});
