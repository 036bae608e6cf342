import { describe, expect, it } from 'vitest';
import { untilLate } from '../../../nodes/controller/attempts.ts';
import { defaults } from '../../../nodes/controller/defaults.ts';
import type { Erizo } from '../../../nodes/controller/erizos.ts';
import { newFlow } from '../../../nodes/controller/flow.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const unavailable = new RizomaError('unavailable', 'not yet');

/** A flow that is to come again, and a directory that changes each second. */
function begin() {
  const clock = new VirtualClock();
  const erizo = { erizoId: 'next' } as Erizo;
  const flow = newFlow('stream');
  flow.state = { at: 'restoring', erizo };
  const directoryChanged = async (): Promise<void> => clock.advance(1_000);
  const opens = (open: (waited_ms: number) => Promise<string>) =>
    untilLate(
      { clock, directoryChanged },
      { flow, erizo, again: ['unavailable', 'timeout'] },
      open,
    );
  return { flow, opens };
}

describe('what was lost with its process', () => {
  it('is opened again when the directory has changed so that it can be', async () => {
    const { opens } = begin();
    const waits_ms: number[] = [];
    const opened = opens(async (waited_ms) => {
      waits_ms.push(waited_ms);
      if (waited_ms < 3_000) {
        throw unavailable;
      }
      return 'there';
    });
    expect(await opened).toBe('there');
    expect(waits_ms).toEqual([0, 1_000, 2_000, 3_000]);
  });

  it('is given up with what the last attempt met when it is late', async () => {
    const { opens } = begin();
    const waits_ms: number[] = [];
    const opened = opens(async (waited_ms) => {
      waits_ms.push(waited_ms);
      throw unavailable;
    });
    await expect(opened).rejects.toBe(unavailable);
    expect(waits_ms.at(-1)).toBe(defaults.restore_ms);
  });

  it('is given up at once where another attempt would go no better', async () => {
    const { opens } = begin();
    const refused = new RizomaError('forbidden', 'not here');
    const attempts: number[] = [];
    const opened = opens(async (waited_ms) => {
      attempts.push(waited_ms);
      throw refused;
    });
    await expect(opened).rejects.toBe(refused);
    expect(attempts).toEqual([0]);
  });

  it.each([true, false])(
    'is nobody’s any more once another process has it, opened meanwhile: %s',
    async (isOpened) => {
      const { flow, opens } = begin();
      const opened = opens(async () => {
        flow.state = { at: 'restoring', erizo: undefined };
        if (isOpened) {
          return 'there';
        }
        throw unavailable;
      });
      expect(await opened).toBeUndefined();
    },
  );

  it('is nobody’s any more once it was given up', async () => {
    const { flow, opens } = begin();
    const opened = opens(async () => {
      flow.abort.abort();
      throw unavailable;
    });
    expect(await opened).toBeUndefined();
  });
});
