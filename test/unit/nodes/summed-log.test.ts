import { expect, it } from 'vitest';
import type { Log } from '../../../nodes/log.ts';
import { SummedLog } from '../../../nodes/summed-log.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

it('of many events of a kind the first is logged at once, and how many followed it within 10 s', () => {
  const clock = new VirtualClock();
  const lines: unknown[] = [];
  const line = (fields: object, msg: string) => lines.push({ ...fields, msg });
  const log = { info: line, warn: line, error: line } as unknown as Log;
  const summed = new SummedLog({ clock, log });
  const refuse = (code: string) => summed.write('info', code, { code }, 'client refused');
  ['forged', 'forged', 'expired', 'forged'].forEach(refuse);
  expect(lines).toEqual([
    { code: 'forged', msg: 'client refused' },
    { code: 'expired', msg: 'client refused' },
  ]);
  clock.advance(10_000);
  expect(lines.slice(2)).toEqual([
    { kind: 'forged', more: 2, within_ms: 10_000, msg: 'client refused, and more of the kind' },
  ]);
  refuse('forged');
  expect(lines.slice(3)).toEqual([{ code: 'forged', msg: 'client refused' }]);
  summed.close();
  expect(clock.pending).toBe(0);
});
