import { describe, expect, it, vi } from 'vitest';
import type { ErizoEnvironment } from '../../../nodes/agent/erizo-process.ts';
import { environmentOf } from '../../../nodes/agent/erizo-process.ts';

const environment: ErizoEnvironment = {
  ...{ nodeId: 'test-1', region: 'test', ip: '127.0.0.1', logLevel: 'warn', runId: 'run' },
  ...{ mediaPortMin: 41_000, mediaPortMax: 41_999 },
  ...{ announcedIp: undefined, clientIp: undefined, recordingDir: undefined },
  ...{ externalInput: undefined, socketDir: undefined, workerBin: undefined, logDir: undefined },
};

describe('the environment of an ErizoJS', () => {
  it('has the certificates that the operator trusts, and no secret of the node', () => {
    vi.stubEnv('NODE_EXTRA_CA_CERTS', '/etc/ssl/own.pem');
    vi.stubEnv('RIZOMA_ENROL_SECRET', 'hush');
    const given = environmentOf({
      ...{ erizoId: 'e', agentEndpoint: 'tcp://127.0.0.1:1', environment },
    });
    expect(given).toMatchObject({ NODE_EXTRA_CA_CERTS: '/etc/ssl/own.pem' });
    expect(JSON.stringify(given)).not.toContain('hush');
  });
});
