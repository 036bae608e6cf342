import type { HttpApi } from '../../http-contract.ts';
import { ExplainAnswer, ExplainRequest } from '../placements.ts';

/** Nodes and placement: for those who run the deployment. */
export const operationsApi = {
  '/placements/explain': {
    POST: {
      group: 'Placement',
      summary: 'Says where a participant would be placed, and why nowhere else',
      about:
        'A dry run: nothing follows from it. With `room` as that room sees it, who holds it and who ' +
        'is on the way; else as a new room would.',
      caller: 'superservice',
      body: ExplainRequest,
      example: { location: { lat: 48.2, lon: 16.4 }, regions: { deny: ['us-east'] } },
      answer: {
        is: 'the rule that hit, those passed over, and every candidate',
        json: ExplainAnswer,
      },
      errors: ['region_unknown', 'not_found'],
      idempotent: true,
    },
  },
  '/nodes/:nodeId/link': {
    GET: {
      group: 'Nodes',
      summary: 'Opens the link of a node',
      about:
        'A WebSocket: `Authorization: Bearer` with the deployment’s secret for nodes. What is said ' +
        'on it is in docs/PROTOCOL.md.',
      caller: 'node',
      answer: { status: 101, is: 'the WebSocket' },
      errors: ['bad_request', 'forbidden'],
      idempotent: true,
    },
  },
} as const satisfies HttpApi;
