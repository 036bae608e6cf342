/** What vitest.config.ts calls its projects. */
export const projects = [
  'checks',
  'unit',
  'edge',
  'nodes',
  'stories',
  'browsers',
  'wan',
  'slow',
] as const;
export type Project = (typeof projects)[number];

/** The projects of `npm test`. */
export const shortRun: readonly Project[] = ['checks', 'unit', 'edge', 'nodes', 'stories'];

/** A part of `npm run test:long`, of at most an hour. */
export interface Part {
  readonly projects: readonly Project[];
  /** Parts of paths; all files of the projects where there are none. */
  readonly files?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** For people. */
  readonly about: string;
}

export const parts: Readonly<Record<string, Part>> = {
  slow: {
    projects: ['slow'],
    about: 'what waits for linger times, back-offs and killed recordings',
  },
  fuzz: {
    projects: ['unit', 'edge', 'nodes'],
    files: ['test/unit/', 'fuzz'],
    env: { RIZOMA_TEST_AMOUNT: 'long' },
    about:
      '100,000 requests, 300,000 inputs of clients, 1,000 of each decoder, ten times the cases of properties, a mesh of 500 members',
  },
  endpoints: {
    projects: ['nodes'],
    files: ['test/nodes/erizo/'],
    env: { RIZOMA_TEST_ENDPOINT: 'chromium' },
    about: 'the tests of ErizoJS with Chromium in the place of the headless endpoint',
  },
  browsers: {
    projects: ['browsers'],
    about: 'more of Chromium, Firefox and Licode’s own client',
  },
  wan: {
    projects: ['wan'],
    about: 'regions on a WAN of network namespaces, as root',
  },
};
