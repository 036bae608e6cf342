import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../nodes/erizo/config.ts';

const env = {
  RIZOMA_ERIZO_ID: '0b0e7f0c-1f6e-4a55-9a53-0d4b8f3a2c11',
  RIZOMA_NODE_ID: 'eu-west-1',
  RIZOMA_REGION: 'eu-west',
  RIZOMA_IP: '127.0.1.1',
  RIZOMA_AGENT_ENDPOINT: 'tcp://127.0.1.1:4000',
  RIZOMA_MEDIA_PORT_MIN: '42000',
  RIZOMA_MEDIA_PORT_MAX: '42999',
};

describe('the configuration of a process', () => {
  it('is read from its environment, once and for all', () => {
    const config = readConfig({ ...env, PATH: '/bin' });
    expect(config).toEqual({
      erizoId: env.RIZOMA_ERIZO_ID,
      nodeId: 'eu-west-1',
      region: 'eu-west',
      ip: '127.0.1.1',
      announcedIp: undefined,
      clientIp: undefined,
      agentEndpoint: 'tcp://127.0.1.1:4000',
      mediaPorts: { min: 42_000, max: 42_999 },
      recordingDir: undefined,
      allowedInputs: [],
      logLevel: 'info',
      workerBin: undefined,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it.each([
    ['RIZOMA_ERIZO_ID', 'one'],
    ['RIZOMA_REGION', 'EU west'],
    ['RIZOMA_IP', 'localhost'],
    ['RIZOMA_CLIENT_IP', 'localhost'],
    ['RIZOMA_AGENT_ENDPOINT', 'http://x'],
    ['RIZOMA_MEDIA_PORT_MAX', '70000'],
    ['RIZOMA_MEDIA_PORT_MIN', '50000'],
    ['RIZOMA_LOG_LEVEL', 'loud'],
  ])('is refused, with its name, where %s is %s', (name, value) => {
    expect(() => readConfig({ ...env, [name]: value })).toThrow(
      expect.objectContaining({ code: 'bad_request', message: expect.stringContaining(name) }),
    );
  });
});
