import * as v from 'valibot';
import type { HttpApi } from '../../http-contract.ts';
import { ServiceId } from '../../ids.ts';
import { ChangeKeyAnswer, ChangeKeyRequest, CreateServiceRequest, ServiceAnswer } from '../rest.ts';

const noService = { 404: ['Service not found'] };

/** Services, which are the superservice's to make, see and delete; each changes its own key. */
export const servicesApi = {
  '/services': {
    GET: {
      group: 'Services',
      summary: 'Lists all services with their rooms',
      caller: 'superservice',
      answer: { is: 'the services, the superservice first', json: v.array(ServiceAnswer) },
      errors: [],
      idempotent: true,
    },
    POST: {
      group: 'Services',
      summary: 'Makes a service',
      about: 'The key is the one that the service signs with.',
      caller: 'superservice',
      body: CreateServiceRequest,
      example: { name: 'an app', key: 'a long random key' },
      answer: { is: 'the new id', json: ServiceId },
      errors: ['quota_reached'],
      idempotent: false,
    },
  },
  '/services/:service': {
    GET: {
      group: 'Services',
      summary: 'Reads a service with its rooms',
      caller: 'superservice',
      answer: { is: 'the service', json: ServiceAnswer },
      words: noService,
      errors: [],
      idempotent: true,
    },
    DELETE: {
      group: 'Services',
      summary: 'Deletes a service',
      about: 'Nobody signs for it any more; its rooms are deleted soon after.',
      caller: 'superservice',
      answer: { is: '`Service deleted`' },
      words: noService,
      errors: ['forbidden'],
      idempotent: true,
    },
  },
  '/services/:service/key': {
    PUT: {
      group: 'Services',
      summary: 'Changes the key of a service',
      about:
        'For the service itself and the superservice, signed with its whole key: no JWT with a scope will do. The key ' +
        'before is taken beside the new one for 6 h unless `previous_s` says otherwise, up to 30 days; 0 ends it at ' +
        'once. The keys of the superservice are configuration.',
      caller: 'service',
      body: ChangeKeyRequest,
      example: { key: 'another long random key', previous_s: 3_600 },
      answer: { is: 'until when the key before is taken', json: ChangeKeyAnswer },
      words: noService,
      errors: ['forbidden'],
      idempotent: true,
    },
  },
} as const satisfies HttpApi;
