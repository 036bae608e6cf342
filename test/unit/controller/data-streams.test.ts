import { describe, expect, it } from 'vitest';
import { DataStreams } from '../../../nodes/controller/data-streams.ts';
import type { Neighbours } from '../../../nodes/controller/neighbours.ts';
import { limits } from '../../../protocol/limits.ts';
import { FakeMembers } from '../../fakes/fake-members.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { clientWith, roomOf } from './client-kit.ts';

const nobody = { data: () => undefined, watchersOf: () => 0 } as unknown as Neighbours;
const largest = 'x'.repeat(limits.data_bytes - 2);

describe('data of a publisher', () => {
  // With 511 a message costs somewhat less than a full bucket.
  it.each([511, 512, 1_000])(
    'reaches %i subscribers, and costs a full bucket at the most',
    async (count) => {
      const clock = new VirtualClock();
      const { client: publisher } = clientWith(clock);
      const subscribers = Array.from({ length: count }, () => clientWith(clock));
      const { parts, stream } = roomOf(
        publisher,
        subscribers.map(({ client }) => client),
      );
      const data = new DataStreams({ parts, members: new FakeMembers(), neighbours: nobody });
      for (const { client } of subscribers) {
        await data.subscribe(client, stream);
      }
      const send = (): void => data.send(publisher, { id: stream.streamId, msg: largest });
      send();
      expect(send).toThrow('KiB of data in one second');
      clock.advance((limits.data_burst_bytes / limits.data_bytesPerSecond) * 1_000);
      send();
      for (const { heard } of subscribers) {
        expect(heard).toEqual(['onDataStream', 'onDataStream']);
      }
    },
  );

  it('is counted in bytes, and not in characters', () => {
    const clock = new VirtualClock();
    const { client: publisher } = clientWith(clock);
    const { parts, stream } = roomOf(publisher, []);
    const data = new DataStreams({ parts, members: new FakeMembers(), neighbours: nobody });
    const msg = 'é'.repeat(limits.data_bytes / 2 - 64);
    for (let sent = 0; sent < limits.data_burst_bytes / limits.data_bytes; sent += 1) {
      data.send(publisher, { id: stream.streamId, msg });
    }
    expect(() => data.send(publisher, { id: stream.streamId, msg })).toThrow('KiB of data');
  });
});
