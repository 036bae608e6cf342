import * as v from 'valibot';
import type { HttpApi } from '../../http-contract.ts';
import { ServiceId } from '../../ids.ts';
import { CreateServiceRequest, ServiceAnswer } from '../rest.ts';

const noService = { 404: ['Service not found'] };

/** Services, which are the superservice's to make, see and delete. */
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
} as const satisfies HttpApi;
