import * as v from 'valibot';
import { ClientId, Jurisdiction, RegionId, RoomId, ServiceId } from '../ids.ts';
import { limits } from '../limits.ts';
import { RoomRegions } from '../pin.ts';
import { Place } from '../place.ts';
import { Host, RegionPin } from '../token.ts';
import { UserName } from '../user-name.ts';
import { StampText } from './client.ts';

/** Bodies of the edge's HTTP API: what apps and clients send, and what they are answered. */

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(limits.name_chars));

/** Text is what nuve.rb makes of options in a form, the printed form of a hash: Licode reads nothing in it. */
const options = v.nullish(
  v.union([
    v.record(v.string(), v.unknown()),
    v.pipe(
      v.string(),
      v.transform((): Record<string, unknown> => ({})),
    ),
  ]),
  {},
);

/** `POST /rooms`. Licode's clients send options that are objects, or the words `true` and `false`. */
export const CreateRoomRequest = v.object({ name, options });

/** `PUT /rooms/:room`. */
export const PutRoomRequest = CreateRoomRequest;

/** `PATCH /rooms/:room`: what is absent, or a name that is empty, stays as it is. */
export const PatchRoomRequest = v.object({
  name: v.optional(v.pipe(v.string(), v.maxLength(limits.name_chars))),
  options,
});

/** A room as Licode answers it. */
export const RoomAnswer = v.object({
  name,
  _id: RoomId,
  p2p: v.optional(v.boolean()),
  data: v.optional(v.record(v.string(), v.unknown())),
  mediaConfiguration: v.optional(v.string()),
  /** The pin of the room: every token's own is intersected with it. */
  regions: v.optional(RoomRegions),
  /** Where its object and its nodes are; it never changes. */
  jurisdiction: v.optional(Jurisdiction),
  /** The service's room for tests, whose tokens are good many times. */
  test: v.optional(v.literal(true)),
});

/** Somebody in a room, as Licode answers it, with the client id besides. */
export const UserAnswer = v.object({
  name: v.string(),
  role: v.string(),
  /** What the role may do; each `true`, or which media it may not. */
  permissions: v.record(v.string(), v.unknown()),
  id: ClientId,
});

/** The header that names the nodes whose part of an answer about users is missing. */
export const partialHeader = 'X-Rizoma-Partial';

/** `POST /services`. The key signs the requests of the service. */
export const CreateServiceRequest = v.object({
  name,
  key: v.pipe(v.string(), v.minLength(1), v.maxLength(limits.serviceKey_chars)),
});

/** `PUT /services/:service/key`. */
export const ChangeKeyRequest = v.strictObject({
  key: v.pipe(v.string(), v.minLength(limits.newKey_chars), v.maxLength(limits.serviceKey_chars)),
  /** For how many seconds the key before is taken still; 0 where it has leaked. */
  previous_s: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(limits.previousKey_longest_s)),
    limits.previousKey_s,
  ),
});
export const ChangeKeyAnswer = v.object({
  /** Until when the key before is taken. */
  previousUntil: v.pipe(v.string(), v.isoTimestamp()),
});

/** A service as Licode answers it. */
export const ServiceAnswer = v.object({
  _id: ServiceId,
  name,
  key: v.string(),
  rooms: v.array(RoomAnswer),
});

/** `POST /rooms/:room/tokens`, all of it optional; the name and the role are in the MAuth header. */
export const CreateTokenRequest = v.strictObject({
  regions: v.optional(RegionPin, {}),
  /** As in `regions`. */
  jurisdiction: v.optional(Jurisdiction),
  /** Where the participant is, if the app knows better than the edge. */
  location: v.optional(Place),
  /** The country that the participant is in (ISO 3166-1 alpha-2), where there is no `location`. */
  country: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z]{2}$/, 'a country has two letters'))),
  /** For how many seconds it is good. */
  ttl_s: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.tokenLongest_ttl_s)),
    limits.token_ttl_s,
  ),
  /** How often it is good; 0 makes a pass, which is good for any number of participants. */
  uses: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(limits.token_uses)),
    1,
  ),
});

/** `POST /join`. */
export const JoinRequest = v.strictObject({
  token: v.pipe(v.string(), v.minLength(1), v.maxLength(limits.token_chars)),
});

/** A controller that the client may enter at. */
export const JoinController = v.object({
  host: Host,
  secure: v.boolean(),
  region: RegionId,
  ticket: v.string(),
});

/** `POST /rejoin`. */
export const RejoinRequest = v.strictObject({
  reentry: v.pipe(v.string(), v.minLength(1), v.maxLength(limits.reentry_chars)),
  /** The newest that the lost controller gave; without one the join counts, for 10 minutes. */
  stamp: v.optional(StampText),
});

/** The answer to `POST /join` and to `POST /rejoin`: controllers, best first. */
export const JoinAnswer = v.object({
  clientId: ClientId,
  roomId: RoomId,
  controllers: v.pipe(
    v.array(JoinController),
    v.minLength(1),
    v.maxLength(limits.joinAlternatives),
  ),
  /** For `POST /rejoin`, when the controller is lost; whoever has it is this client. */
  reentry: v.pipe(v.string(), v.maxLength(limits.reentry_chars)),
});

/** `GET /regions`: where there are nodes now. */
export const RegionsAnswer = v.object({
  regions: v.array(
    v.object({
      region: RegionId,
      nodes: v.number(),
      state: v.picklist(['available', 'warning', 'full']),
    }),
  ),
});

/** `POST /demo/token`, which exists where `RIZOMA_DEMO` is `on`. */
export const DemoTokenRequest = v.strictObject({
  room: name,
  name: UserName,
  region: v.optional(RegionId),
});
export const DemoTokenAnswer = v.object({ token: v.string() });

/** An error as the edge answers it (RFC 9457), with our code. */
export const Problem = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  code: v.string(),
  /** By which the logs know the request. */
  requestId: v.optional(v.string()),
  details: v.optional(v.record(v.string(), v.unknown())),
});

export type RoomAnswer = v.InferOutput<typeof RoomAnswer>;
export type ChangeKeyAnswer = v.InferOutput<typeof ChangeKeyAnswer>;
export type ServiceAnswer = v.InferOutput<typeof ServiceAnswer>;
export type UserAnswer = v.InferOutput<typeof UserAnswer>;
export type CreateRoomRequest = v.InferOutput<typeof CreateRoomRequest>;
export type CreateTokenRequest = v.InferOutput<typeof CreateTokenRequest>;
export type JoinAnswer = v.InferOutput<typeof JoinAnswer>;
export type JoinController = v.InferOutput<typeof JoinController>;
export type RegionsAnswer = v.InferOutput<typeof RegionsAnswer>;
export type Problem = v.InferOutput<typeof Problem>;
