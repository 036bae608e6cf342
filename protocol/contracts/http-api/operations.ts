import type { HttpApi } from '../../http-contract.ts';
import { NodeDetailAnswer, NodesAnswer } from '../nodes.ts';
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
      errors: ['region_unknown', 'not_found', 'pin_empty'],
      idempotent: true,
      dryRun: true,
    },
  },
  '/nodes': {
    GET: {
      group: 'Nodes',
      summary: 'Lists every node that has a lease',
      caller: 'superservice',
      answer: { is: 'the nodes, by their ids', json: NodesAnswer },
      errors: [],
      idempotent: true,
    },
  },
  '/nodes/:nodeId': {
    GET: {
      group: 'Nodes',
      summary: 'Shows one node',
      caller: 'superservice',
      answer: { is: 'the node', json: NodeDetailAnswer },
      errors: ['bad_request', 'not_found'],
      idempotent: true,
    },
    DELETE: {
      group: 'Nodes',
      summary: 'Revokes the key of a node',
      about:
        'Its lease and its link end at once, all members are told, and the key is refused from now on, ' +
        'under whichever id. A host that is trusted again gets a new key by an empty RIZOMA_STATE_DIR; where ' +
        'its enrolment secret may be known to somebody, change that too.',
      caller: 'superservice',
      answer: { is: '`Node revoked`' },
      errors: ['bad_request', 'not_found'],
      idempotent: true,
    },
  },
  '/nodes/:nodeId/drain': {
    POST: {
      group: 'Nodes',
      summary: 'Drains a node',
      about:
        'It takes no new clients from now on, and ends when those it has are gone or its RIZOMA_DRAIN_S ' +
        'is over. That holds for this run of the node: started again, it takes clients.',
      caller: 'superservice',
      answer: { is: 'the node', json: NodeDetailAnswer },
      errors: ['bad_request', 'not_found', 'link_down', 'timeout'],
      idempotent: true,
    },
    DELETE: {
      group: 'Nodes',
      summary: 'Undoes the drain of a node',
      about: '`conflict` where its own host ends it, by SIGTERM.',
      caller: 'superservice',
      answer: { is: 'the node', json: NodeDetailAnswer },
      errors: ['bad_request', 'not_found', 'conflict', 'link_down', 'timeout'],
      idempotent: true,
    },
  },
  '/nodes/:nodeId/link': {
    GET: {
      group: 'Nodes',
      summary: 'Opens the link of a node',
      about:
        'A WebSocket: `Authorization: Bearer` with the enrolment secret of the node’s region, or the common one ' +
        'where that has none. What is said on it is in docs/PROTOCOL.md.',
      caller: 'node',
      answer: { status: 101, is: 'the WebSocket' },
      errors: ['bad_request', 'forbidden'],
      idempotent: true,
    },
  },
} as const satisfies HttpApi;
