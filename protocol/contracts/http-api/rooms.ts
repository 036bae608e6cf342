import * as v from 'valibot';
import type { HttpApi } from '../../http-contract.ts';
import {
  CreateRoomRequest,
  CreateTokenRequest,
  partialHeader,
  PatchRoomRequest,
  PutRoomRequest,
  RoomAnswer,
  UserAnswer,
} from '../rest.ts';

const noUser = { 404: ['User does not exist'] };
/** Of a controller that may know and did not answer in time. */
const noAnswer = { 503: ['Erizo Controller managing this room does not respond'] };
const headers = {
  [partialHeader]: 'ids of the nodes whose controllers did not answer, where there are any',
};

/** Rooms, their tokens and who is in them: Licode's Nuve, for the service that signs. */
export const roomsApi = {
  '/rooms': {
    GET: {
      group: 'Rooms',
      summary: 'Lists the rooms of the service',
      caller: 'service',
      answer: { is: 'the rooms, the oldest first', json: v.array(RoomAnswer) },
      errors: [],
      idempotent: true,
    },
    POST: {
      group: 'Rooms',
      summary: 'Makes a room',
      about:
        'Options that have a meaning: `p2p`, `data` (an object of the app), `mediaConfiguration` ' +
        'and `getOrCreate`, which answers the room of that name where there is one. Names need ' +
        'not be unique otherwise. `test` answers the one room of the service for tests. `regions` ' +
        '(`{allow, deny}`) and `jurisdiction` are the pin of the room, with which the pin of every ' +
        'token is intersected; in a jurisdiction is the object of the room, too.',
      caller: 'service',
      body: CreateRoomRequest,
      example: { name: 'daily', options: { data: { team: 'a' }, getOrCreate: true } },
      answer: { is: 'the room', json: RoomAnswer },
      words: { 400: ['Invalid room'] },
      errors: [
        'not_found',
        'region_unknown',
        'jurisdiction_unknown',
        'pin_empty',
        'conflict',
        'quota_reached',
      ],
      idempotent: false,
    },
  },
  '/rooms/:room': {
    GET: {
      group: 'Rooms',
      summary: 'Reads a room',
      caller: 'service',
      answer: { is: 'the room', json: RoomAnswer },
      errors: ['not_found'],
      idempotent: true,
    },
    PUT: {
      group: 'Rooms',
      summary: 'Sets the name and the options of a room',
      about:
        'Options that are absent stay as they are; `data` and `regions` are replaced, empty ' +
        '`regions` taken away. The jurisdiction stays what it was.',
      caller: 'service',
      body: PutRoomRequest,
      example: { name: 'daily', options: { data: { team: 'b' } } },
      answer: { is: '`Room Updated`' },
      words: { 400: ['Invalid room'] },
      errors: ['not_found', 'region_unknown', 'pin_empty', 'conflict', 'quota_reached'],
      idempotent: true,
    },
    PATCH: {
      group: 'Rooms',
      summary: 'Changes a room',
      about:
        'A name that is absent or empty stays, and so do options; the fields of `data` are ' +
        'merged, `regions` replaced.',
      caller: 'service',
      body: PatchRoomRequest,
      example: { options: { data: { topic: 'maps' } } },
      answer: { is: '`Room Updated`' },
      errors: ['not_found', 'region_unknown', 'pin_empty', 'conflict', 'quota_reached'],
      idempotent: true,
    },
    DELETE: {
      group: 'Rooms',
      summary: 'Deletes a room',
      about: 'Its clients are disconnected, its tokens worth nothing.',
      caller: 'service',
      answer: { is: '`Room deleted`' },
      errors: ['not_found'],
      idempotent: true,
    },
  },
  '/rooms/:room/tokens': {
    POST: {
      group: 'Tokens',
      summary: 'Makes a token for one participant',
      about:
        'The name and the role of the user are in the signed header, or are claims of the JWT. The pin (`regions`) says where ' +
        'the participant may, must not and would like to be, or in which `jurisdiction`; `location` ' +
        'or `country` where it is, if the app knows better than the edge. The token is good for ' +
        '`ttl_s` seconds and for `uses` joins; with 0 it is a pass, good for any number of ' +
        'participants until it expires or is revoked.',
      caller: 'service',
      signsUser: true,
      body: CreateTokenRequest,
      example: { regions: { allow: ['eu-west'] } },
      answer: { is: 'the token' },
      words: { 401: ['Name and role?'], 404: ['No Erizo Controller found'] },
      errors: ['region_unknown', 'not_found', 'pin_empty', 'region_empty', 'quota_reached'],
      idempotent: false,
    },
    DELETE: {
      group: 'Tokens',
      summary: 'Revokes every token and every pass of a room',
      about:
        'Passes are known to be revoked everywhere some seconds later; who is in the room stays.',
      caller: 'service',
      answer: { is: '`Tokens revoked`' },
      errors: ['not_found'],
      idempotent: true,
    },
  },
  '/rooms/:room/users': {
    GET: {
      group: 'Users',
      summary: 'Lists who is in a room',
      about: 'Gathered from all controllers of the room.',
      caller: 'service',
      answer: { is: 'the users', json: v.array(UserAnswer), headers },
      words: noAnswer,
      errors: ['not_found'],
      idempotent: true,
    },
  },
  '/rooms/:room/users/:user': {
    GET: {
      group: 'Users',
      summary: 'Reads the first user of a name',
      caller: 'service',
      answer: { is: 'the user', json: UserAnswer, headers },
      words: { ...noUser, ...noAnswer },
      errors: ['not_found'],
      idempotent: true,
    },
    DELETE: {
      group: 'Users',
      summary: 'Disconnects all users of a name',
      caller: 'service',
      answer: { is: '`Success`', headers },
      words: { ...noUser, ...noAnswer },
      errors: ['not_found'],
      idempotent: true,
    },
  },
} as const satisfies HttpApi;
