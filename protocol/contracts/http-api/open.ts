import * as v from 'valibot';
import type { HttpApi } from '../../http-contract.ts';
import {
  DemoTokenAnswer,
  DemoTokenRequest,
  JoinAnswer,
  JoinRequest,
  RejoinRequest,
  RegionsAnswer,
} from '../rest.ts';

/** What needs no signature. */
export const openApi = {
  '/join': {
    POST: {
      group: 'Participants',
      summary: 'Exchanges a token for tickets',
      about:
        'A ticket lets the client enter at the controller that it is for, within 60 s and once.',
      caller: 'token',
      body: JoinRequest,
      example: { token: 'eyJ0b2tlbklkIjoi…' },
      answer: { is: 'controllers to enter at, best first', json: JoinAnswer },
      errors: [
        ...(['token_malformed', 'token_forged', 'token_expired', 'token_used'] as const),
        ...(['token_revoked', 'not_found', 'region_unknown', 'pin_empty', 'region_empty'] as const),
        'quota_reached',
      ],
      idempotent: false,
    },
  },
  '/rejoin': {
    POST: {
      group: 'Participants',
      summary: 'Gives a participant that lost its controller tickets for others',
      about:
        'It keeps its client id, name, role and pin, and is placed anew. A `reentry` is good until 10 minutes ' +
        'after the client was last in the room, by its join or by the newest `stamp` of its controller, and ' +
        'for a day at most. It is void once the client has left, and when the tokens of the room or the user ' +
        'are removed.',
      caller: 'token',
      body: RejoinRequest,
      example: { reentry: 'eyJhbGciOiJIUzI1NiIs…', stamp: 'eyJhbGciOiJIUzI1NiIs…' },
      answer: { is: 'controllers to enter at, best first', json: JoinAnswer },
      errors: [
        ...(['token_forged', 'token_expired', 'token_revoked', 'forbidden'] as const),
        ...(['not_found', 'region_unknown', 'pin_empty', 'region_empty'] as const),
      ],
      idempotent: true,
    },
  },
  '/regions': {
    GET: {
      group: 'Participants',
      summary: 'Lists the regions that have nodes now',
      caller: 'anybody',
      answer: { is: 'the regions', json: RegionsAnswer },
      errors: [],
      idempotent: true,
    },
  },
  '/demo/token': {
    POST: {
      group: 'Participants',
      summary: 'Makes a presenter’s token for a room by its name',
      about: 'Exists only where `RIZOMA_DEMO` is `on`; elsewhere 404.',
      caller: 'anybody',
      body: DemoTokenRequest,
      example: { room: 'demo', name: 'ann' },
      answer: { is: 'the token', json: DemoTokenAnswer },
      errors: [
        'region_unknown',
        'not_found',
        'region_empty',
        'pin_empty',
        'quota_reached',
        'too_large',
      ],
      idempotent: false,
    },
  },
  '/healthz': {
    GET: {
      group: 'The edge itself',
      summary: 'Says that the edge is well',
      caller: 'anybody',
      answer: { is: '`{"status":"ok"}`', json: v.object({ status: v.literal('ok') }) },
      errors: [],
      idempotent: true,
    },
  },
  '/openapi.json': {
    GET: {
      group: 'The edge itself',
      summary: 'Describes this API for machines',
      caller: 'anybody',
      answer: { is: 'a document of OpenAPI 3.1', json: v.looseObject({ openapi: v.string() }) },
      errors: [],
      idempotent: true,
    },
  },
  '/docs': {
    GET: {
      group: 'The edge itself',
      summary: 'Describes this API for people',
      caller: 'anybody',
      answer: { is: 'a page', type: 'text/html' },
      errors: [],
      idempotent: true,
    },
  },
} as const satisfies HttpApi;
