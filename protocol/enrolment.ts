import { decodeJwt, errors, jwtVerify, SignJWT } from 'jose';
import * as v from 'valibot';
import { CurveKey } from './curve-key.ts';
import { RizomaError } from './errors.ts';
import { EpochId, IpAddress, NodeId } from './ids.ts';
import { joseKey } from './jose-key.ts';
import { limits } from './limits.ts';
import { parse } from './parse.ts';
import { peerIdOf } from './peer-id.ts';
import type { TicketPrivateKey } from './ticket.ts';
import { publicTicketKey, TicketPublicKey } from './ticket.ts';

/** What a node says of its keys and its place when it enrols, signed by the key that it says is its own. */
const Enrolment = v.object({
  /** `sub`. */
  nodeId: NodeId,
  epoch: EpochId,
  curveKey: CurveKey,
  mediaIp: IpAddress,
  key: TicketPublicKey,
});

/** An enrolment as it travels: a JWT (RFC 7519). */
export const EnrolmentText = v.pipe(v.string(), v.maxLength(2_048));

/** What a node has said under the key that it has shown to be its own. */
export interface NodeKeys {
  readonly peerId: string;
  readonly curveKey: string;
  readonly mediaIp: string;
}

const typ = 'rizoma-enrolment+jwt';

/** Signs that this run of the node holds the key, beside it that CURVE key, and carries media at that address. */
export function signEnrolment(
  key: TicketPrivateKey,
  enrolment: { nodeId: string; epoch: string; curveKey: string; mediaIp: string },
  now_ms: number,
): Promise<string> {
  const { nodeId, ...claims } = enrolment;
  const now_s = Math.floor(now_ms / 1000);
  return new SignJWT({ ...claims, key: publicTicketKey(key) })
    .setProtectedHeader({ alg: 'EdDSA', typ })
    .setSubject(nodeId)
    .setIssuedAt(now_s)
    .setExpirationTime(now_s + limits.enrolment_ttl_s)
    .sign(joseKey(key));
}

/** Checks that who says so holds the key, said it now and of that run. Throws `forbidden`, saying why. */
export async function checkEnrolment(
  text: string,
  expected: { nodeId: string; epoch: string; now_ms: number },
): Promise<NodeKeys> {
  try {
    const claimed = decodeJwt(text);
    const { key } = parse(v.object({ key: TicketPublicKey }), claimed, 'enrolment', 'forbidden');
    const { payload } = await jwtVerify(text, joseKey(key), {
      algorithms: ['EdDSA'],
      typ,
      requiredClaims: ['iat', 'exp'],
      currentDate: new Date(expected.now_ms),
      clockTolerance: limits.clockSkew_s,
      // An enrolment of the far future would be one for ever.
      maxTokenAge: limits.enrolment_ttl_s,
    });
    const said = parse(Enrolment, { ...payload, nodeId: payload.sub }, 'enrolment', 'forbidden');
    if (said.nodeId !== expected.nodeId || said.epoch !== expected.epoch) {
      throw new RizomaError('forbidden', 'the enrolment is of another node, or of another run');
    }
    const { key: saidKey, curveKey, mediaIp } = said;
    return { peerId: peerIdOf(saidKey), curveKey, mediaIp };
  } catch (thrown) {
    throw enrolmentError(thrown);
  }
}

function enrolmentError(thrown: unknown): RizomaError {
  if (thrown instanceof RizomaError) {
    return thrown;
  }
  const isOfAnotherTime =
    thrown instanceof errors.JWTExpired ||
    (thrown instanceof errors.JWTClaimValidationFailed && thrown.claim === 'iat');
  const why = isOfAnotherTime
    ? `the enrolment is not of this minute: set the clock of the node`
    : 'the enrolment is not signed by the key that it names';
  return new RizomaError('forbidden', why);
}
