import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { defaults } from '../../../nodes/controller/defaults.ts';
import { RecordingReports } from '../../../nodes/controller/recording-reports.ts';
import { FakeEdge } from '../../fakes/fake-edge.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const roomId = 'aaaaaaaaaaaaaaaaaaaaaaaa';
const numbered = (number: number): { id: string; streamId: string } => ({
  id: String(100_000_000_000_000_000 + number),
  streamId: '111111111111111111',
});

async function setUp(): Promise<{
  edge: FakeEdge;
  clock: VirtualClock;
  reports: RecordingReports;
  counts: { idle: number; noHolder: number };
  told: () => unknown[];
  turns: () => Promise<void>;
}> {
  const edge = await FakeEdge.create({ nodeId: 'eu-west-1', region: 'eu-west' });
  edge.addRoom(roomId);
  const clock = new VirtualClock();
  const counts = { idle: 0, noHolder: 0 };
  const reports = new RecordingReports(
    { clock, edge, log: pino({ level: 'silent' }) },
    { roomId, onIdle: () => (counts.idle += 1), onNoHolder: () => (counts.noHolder += 1) },
  );
  return {
    edge,
    clock,
    reports,
    counts,
    told: () => edge.calls.map(({ params }) => (params as { recording: unknown }).recording),
    turns: async () => {
      for (let turn = 0; turn < 20; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

describe('news of recordings', () => {
  it('are told one at a time and again after a refusal that may pass', async () => {
    const { edge, clock, reports, counts, told, turns } = await setUp();
    edge.failNext.push('overloaded');
    reports.tell(numbered(1));
    reports.tell(numbered(2));
    await turns();
    expect(told()).toEqual([numbered(1)]);
    expect([reports.isIdle, counts.idle]).toEqual([false, 0]);
    clock.advance(defaults.edgeRetry_ms);
    await turns();
    expect(told()).toEqual([numbered(1), numbered(1), numbered(2)]);
    expect([reports.isIdle, counts.idle]).toEqual([true, 1]);
  });

  it('are given up where they would be refused for ever, so that the room can be left', async () => {
    const { edge, reports, counts, turns } = await setUp();
    edge.failNext.push('bad_request');
    reports.tell(numbered(1));
    await turns();
    expect([reports.isIdle, counts.idle]).toEqual([true, 1]);
  });

  it('wait for another entry where the edge counts this controller as no holder', async () => {
    const { edge, reports, counts, told, turns } = await setUp();
    edge.forgetRoom(roomId);
    reports.tell(numbered(1));
    await turns();
    expect([counts.noHolder, counts.idle]).toEqual([1, 0]);
    edge.addRoom(roomId);
    reports.entered();
    await turns();
    expect(told()).toEqual([numbered(1), numbered(1)]);
    expect(counts.idle).toBe(1);
  });

  it('are forgotten, the oldest first, where too many wait for the edge', async () => {
    const { edge, reports, told, turns } = await setUp();
    edge.goAway();
    for (let number = 0; number <= defaults.untoldRecordings; number += 1) {
      reports.tell(numbered(number));
    }
    edge.comeBack();
    reports.entered();
    while (!reports.isIdle) {
      await turns();
    }
    expect(told()).toHaveLength(defaults.untoldRecordings);
    expect(told()[0]).toEqual(numbered(1));
  });
});
