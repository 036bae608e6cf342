import type { RoomUser } from '../../protocol/contracts/node-edge.ts';
import type { UserAnswer } from '../../protocol/contracts/rest.ts';
import { partialHeader } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import { roles } from '../../protocol/roles.ts';
import { traceOf } from '../access-log.ts';
import type { EdgeContext } from '../app.ts';
import type { Gathered, RoomApi } from '../objects/api.ts';
import type { Outcome } from '../objects/outcome.ts';
import { valueOf } from '../objects/outcome.ts';
import { roomOf } from '../objects/stubs.ts';
import { roomIdOf } from './room.ts';

const defaults = {
  /** By then a controller that was lost has lost its lease as well, and is asked no more. */
  retryAfter_s: 5,
} as const;

/** `GET /rooms/:room/users`. */
export async function getUsers(context: EdgeContext): Promise<Response> {
  return await asked(context, {
    of: (room) => room.users(traceOf(context)),
    answer: (users) => context.json(users.flat().map(userAnswer)),
  });
}

/** `GET /rooms/:room/users/:user`: the first one of that name. */
export async function getUser(context: EdgeContext): Promise<Response> {
  const name = context.req.param('user');
  return await asked(context, {
    of: (room) => room.users(traceOf(context)),
    answer: (users) => {
      const user = users.flat().find((one) => one.name === name);
      return user && context.json(userAnswer(user));
    },
  });
}

/** `DELETE /rooms/:room/users/:user`: all of that name are disconnected. */
export async function deleteUser(context: EdgeContext): Promise<Response> {
  const name = context.req.param('user') ?? '';
  if (name.length > limits.name_chars) {
    return nobody(context);
  }
  return await asked(context, {
    of: (room) => room.deleteUser(name, traceOf(context)),
    answer: (counts) => (counts.some((count) => count > 0) ? context.text('Success') : undefined),
  });
}

/**
 * Asks the room, and answers in Licode's words where that is in vain. Nobody found means that there is
 * nobody only if all controllers were heard.
 */
async function asked<T>(
  context: EdgeContext,
  question: {
    of: (room: RoomApi) => Promise<Outcome<Gathered<T>>>;
    answer: (answers: T[]) => Response | undefined;
  },
): Promise<Response> {
  const room = roomOf(context.env, roomIdOf(context));
  const { answers, missing } = await valueOf(question.of(room));
  if (missing.length > 0) {
    context.header(partialHeader, missing.join(', '));
  }
  const nobodyAnswers = missing.length > 0 && answers.length === 0;
  const found = nobodyAnswers ? undefined : question.answer(answers);
  if (found !== undefined) {
    return found;
  }
  if (missing.length === 0) {
    return nobody(context);
  }
  context.header('retry-after', String(defaults.retryAfter_s));
  return context.text('Erizo Controller managing this room does not respond', 503);
}

function nobody(context: EdgeContext): Response {
  return context.text('User does not exist', 404);
}

function userAnswer({ clientId: id, name, role }: RoomUser): UserAnswer {
  const permissions = Object.hasOwn(roles, role) ? roles[role] : undefined;
  return { name, role, permissions: { ...permissions }, id };
}
