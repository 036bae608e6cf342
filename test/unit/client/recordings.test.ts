import { describe, expect, it } from 'vitest';
import { Recordings } from '../../../client/sdk/recordings.ts';

const first = { id: '111111111111111111', streamId: '311111111111111111' };
const second = { id: '222222222222222222', streamId: '311111111111111111' };

function setUp(running = [first]): { recordings: Recordings; heard: string[] } {
  const heard: string[] = [];
  const recordings = new Recordings({
    running,
    tell: (event, { id }) => heard.push(`${event} ${id}`),
  });
  return { recordings, heard };
}

describe('the recordings of a room', () => {
  it('are there from the join on, and told when they begin and end, once each', () => {
    const { recordings, heard } = setUp();
    expect([...recordings.running.values()]).toEqual([first]);
    for (let twice = 0; twice < 2; twice += 1) {
      recordings.started(second);
      recordings.ended(first.id);
    }
    expect(heard).toEqual([`recording-started ${second.id}`, `recording-ended ${first.id}`]);
    expect([...recordings.running.values()]).toEqual([second]);
  });

  it('are made up for where a controller says anew which there are', () => {
    const { recordings, heard } = setUp();
    recordings.replace([second]);
    expect(heard).toEqual([`recording-ended ${first.id}`, `recording-started ${second.id}`]);
    recordings.replace([second]);
    expect(heard).toHaveLength(2);
  });
});
