import { equalInConstantTime, hmac, toHex } from '../protocol/bytes.ts';
import { RizomaError } from '../protocol/errors.ts';
import type { Config } from './config.ts';

/**
 * The name of the secret that a node shows in its `Authorization` header; undefined where it is none of this
 * deployment. By the name it is known later in which regions the node may enrol.
 */
export async function shownSecret(
  { enrolSecrets: { common, byRegion } }: Config,
  authorization: string,
): Promise<string | undefined> {
  const all = [...common, ...[...byRegion.values()].flat()];
  // Each is compared to its end, whichever it is.
  const [secret] = all.filter((one) => equalInConstantTime(authorization, `Bearer ${one}`));
  return secret === undefined ? undefined : await nameOf(secret);
}

/**
 * Throws `forbidden` unless a node that has shown that secret may enrol in the region: with one of the region's own, or
 * with the common one where it has none.
 */
export async function refuseRegion(
  { enrolSecrets: { common, byRegion } }: Config,
  { shown, region }: { shown: string; region: string },
): Promise<void> {
  const own = byRegion.get(region);
  const names = await Promise.all((own ?? common).map(nameOf));
  if (!names.includes(shown)) {
    throw new RizomaError(
      'forbidden',
      own === undefined
        ? `the RIZOMA_ENROL_SECRET of this node is that of another region than ${region}`
        : `${region} has an enrolment secret of its own: give it to the node as RIZOMA_ENROL_SECRET`,
    );
  }
}

async function nameOf(secret: string): Promise<string> {
  return toHex(await hmac('SHA-256', 'rizoma/enrol/v1', secret));
}
