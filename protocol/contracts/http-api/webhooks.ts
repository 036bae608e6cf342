import * as v from 'valibot';
import type { HttpApi } from '../../http-contract.ts';
import {
  DeadEventNumber,
  DeadEventsAnswer,
  PutWebhookRequest,
  WebhookAnswer,
} from '../webhooks.ts';

/** What a service is told of its rooms, and what it could not be told. */
export const webhooksApi = {
  '/webhook': {
    GET: {
      group: 'Webhooks',
      summary: 'Reads the webhook of the service',
      caller: 'service',
      answer: { is: 'the webhook without its secret', json: WebhookAnswer },
      errors: ['not_found'],
      idempotent: true,
    },
    PUT: {
      group: 'Webhooks',
      summary: 'Sets where the service is told of its rooms',
      about:
        'Events are posted there as JSON, signed with the secret, for each room in order. Without ' +
        '`events` all of them are sent. Without `secret` the one that there is stays, or one is made ' +
        'and shown in this answer alone. Rooms know of the change within 30 s.',
      caller: 'service',
      body: PutWebhookRequest,
      example: { url: 'https://app.example.org/rizoma', events: ['room_started', 'room_finished'] },
      answer: { is: 'the webhook, and a secret that was made', json: WebhookAnswer },
      errors: [],
      // A second time would not show the secret that the first one made.
      idempotent: false,
    },
    DELETE: {
      group: 'Webhooks',
      summary: 'Tells the service of its rooms no more',
      about: 'Events that were on their way are dropped; those that are dead stay listed.',
      caller: 'service',
      answer: { is: '`Webhook deleted`' },
      errors: [],
      idempotent: true,
    },
  },
  '/webhook/dead': {
    GET: {
      group: 'Webhooks',
      summary: 'Lists events that could not be delivered',
      about: 'The oldest first, 50 a page; the last 1,000 are kept.',
      caller: 'service',
      query: {
        after: { schema: DeadEventNumber, about: 'the `next` of the page before' },
      },
      answer: { is: 'a page of them', json: DeadEventsAnswer },
      errors: ['bad_request'],
      idempotent: true,
    },
  },
  '/webhook/dead/:event/retry': {
    POST: {
      group: 'Webhooks',
      summary: 'Has such an event tried again',
      about: 'It comes after the events of its room that wait.',
      caller: 'service',
      answer: {
        status: 202,
        is: 'the id of the event',
        json: v.object({ id: v.pipe(v.string(), v.uuid()) }),
      },
      errors: ['bad_request', 'not_found', 'conflict', 'overloaded'],
      idempotent: false,
    },
  },
} as const satisfies HttpApi;
