import { describe, expect, it } from 'vitest';
import { parseTestArgs } from '../../../../infra/testing/command.ts';

describe('the command line of npm test', () => {
  it('names nothing where the whole short run is wanted', () => {
    expect(parseTestArgs([])).toEqual({ args: [], named: { projects: undefined, files: false } });
  });

  it('takes projects, files and options of vitest', () => {
    const args = ['--', '--project', 'unit', 'sdp', '-t', 'an offer', '--project=edge'];
    expect(parseTestArgs(args)).toEqual({
      args: ['sdp', '-t', 'an offer'],
      named: { projects: ['unit', 'edge'], files: true },
    });
  });

  it('refuses a project that does not exist and names those that do', () => {
    expect(() => parseTestArgs(['--project', 'unti'])).toThrow(
      /no project "unti". Projects: checks, unit, edge/,
    );
  });
});
