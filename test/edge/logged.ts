import { afterEach, beforeEach, vi } from 'vitest';

/** The lines that the edge logs during a test, and nothing of them on the console. */
export function loggedLines(): string[] {
  const lines: string[] = [];
  const spies: { mockRestore(): void }[] = [];
  beforeEach(() => {
    lines.length = 0;
    for (const level of ['log', 'warn', 'error'] as const) {
      const spy = vi.spyOn(console, level);
      spies.push(spy.mockImplementation((line: unknown) => void lines.push(String(line))));
    }
  });
  afterEach(() => {
    spies.splice(0).forEach((spy) => spy.mockRestore());
  });
  return lines;
}
