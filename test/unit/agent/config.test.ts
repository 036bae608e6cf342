import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../../nodes/config.ts';

const complete = {
  RIZOMA_NODE_ID: 'eu-west-1',
  RIZOMA_REGION: 'eu-west',
  RIZOMA_LAT: '53.35',
  RIZOMA_LON: '-6.26',
  RIZOMA_IP: '127.0.1.1',
  RIZOMA_PUBLIC_HOST: '127.0.1.1:8080',
  RIZOMA_HTTP_PORT: '8080',
  RIZOMA_RPC_PORT: '9000',
  RIZOMA_EDGE_URL: 'http://127.0.0.1:8787',
  RIZOMA_ENROL_SECRET: 'hush-hush',
};

function complaint(environment: Record<string, string | undefined>): string {
  try {
    parseConfig(environment);
  } catch (thrown) {
    if (thrown instanceof ConfigError) {
      return thrown.message;
    }
  }
  throw new Error('it was accepted');
}

describe('the configuration of a node', () => {
  it('is read from the environment, with defaults for what is not set or empty, and is frozen', () => {
    const config = parseConfig({ ...complete, RIZOMA_ANNOUNCED_IP: '', PATH: '/bin' });
    expect(config).toMatchObject({
      nodeId: 'eu-west-1',
      place: { lat: 53.35, lon: -6.26 },
      announcedIp: undefined,
      clientIp: undefined,
      secure: false,
      httpPort: 8080,
      roles: ['controller', 'agent'],
      prerunProcesses: 1,
      mediaPortMin: 40_000,
      logLevel: 'info',
    });
    expect(config.maxProcesses).toBeGreaterThanOrEqual(2);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('keeps recordings where it is told to, else with its state, else nowhere', () => {
    const state = { ...complete, RIZOMA_STATE_DIR: '/var/lib/rizoma' };
    expect(parseConfig(complete).recordingDir).toBeUndefined();
    expect(parseConfig(state).recordingDir).toBe('/var/lib/rizoma/recordings');
    const told = { ...state, RIZOMA_RECORDING_DIR: '/srv/recordings' };
    expect(parseConfig(told).recordingDir).toBe('/srv/recordings');
  });

  it('takes one role alone', () => {
    expect(parseConfig({ ...complete, RIZOMA_ROLES: 'agent' }).roles).toEqual(['agent']);
  });

  it('names every variable that is missing, and what to set it to', () => {
    const message = complaint({ ...complete, RIZOMA_NODE_ID: undefined, RIZOMA_EDGE_URL: '' });
    expect(message.split('\n')).toEqual([
      'RIZOMA_NODE_ID is missing: set it to the name of this node, such as eu-west-1',
      'RIZOMA_EDGE_URL is missing: set it to the URL of the edge, such as https://edge.example.org',
    ]);
  });

  it.each([
    ['RIZOMA_LAT', '91'],
    ['RIZOMA_LON', 'east'],
    ['RIZOMA_IP', '10.0.0'],
    ['RIZOMA_CLIENT_IP', 'here'],
    ['RIZOMA_HTTP_PORT', '0'],
    ['RIZOMA_RPC_PORT', '70000'],
    ['RIZOMA_EDGE_URL', 'ftp://edge'],
    ['RIZOMA_SECURE', 'yes'],
    ['RIZOMA_ROLES', 'controller,cook'],
    ['RIZOMA_MAX_PROCESSES', '-1'],
    ['RIZOMA_LOG_LEVEL', 'loud'],
  ])('names %s where it is not valid', (name, value) => {
    expect(complaint({ ...complete, [name]: value })).toMatch(`${name} is not valid: set it to `);
  });

  it('names the two ends of a range that is none', () => {
    const ports = { RIZOMA_MEDIA_PORT_MIN: '50000', RIZOMA_MEDIA_PORT_MAX: '40000' };
    expect(complaint({ ...complete, ...ports })).toMatch('RIZOMA_MEDIA_PORT_MIN is not below');
    const processes = { RIZOMA_PRERUN_PROCESSES: '3', RIZOMA_MAX_PROCESSES: '2' };
    expect(complaint({ ...complete, ...processes })).toMatch('RIZOMA_PRERUN_PROCESSES is more');
  });

  it('never says a value, as it may be a secret', () => {
    const message = complaint({ ...complete, RIZOMA_ENROL_SECRET: 'x'.repeat(5_000) });
    expect(message).toMatch('RIZOMA_ENROL_SECRET is not valid');
    expect(message).not.toMatch('xxx');
  });
});
