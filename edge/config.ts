import * as v from 'valibot';
import { hmac, toHex } from '../protocol/bytes.ts';
import { PlacementPolicyName } from '../protocol/contracts/placements.ts';
import { RizomaError } from '../protocol/errors.ts';
import { Jurisdiction, RegionId, ServiceId } from '../protocol/ids.ts';
import type { KeySet } from '../protocol/key-set.ts';
import { keySetOf } from '../protocol/key-set.ts';
import { limits } from '../protocol/limits.ts';
import type { TicketPrivateKey, TicketPublicKey } from '../protocol/ticket.ts';
import { parseTicketKey, publicTicketKey } from '../protocol/ticket.ts';

const secret = v.pipe(v.string(), v.minLength(16, 'is shorter than 16 characters'));

/** Requests a second, or none too many. */
const rate = (perSecond: string): v.GenericSchema<string | undefined, number | undefined> =>
  v.pipe(
    v.optional(v.string(), perSecond),
    v.regex(/^(off|[1-9][0-9]{0,6})$/, 'is neither a number of requests a second nor off'),
    v.transform((text) => (text === 'off' ? undefined : Number(text))),
  );

/** Ten seconds' worth may come at once. */
const defaultRates = {
  /**
   * A hall of 2,000 people behind one address joins at once, with two requests each; and an app's server
   * is one address, which may ask what its service may, and share it with others.
   */
  address: '500',
  /** 10,000 joins within a minute are 170 tokens a second; one object answers little more than this. */
  service: '300',
  /** Nobody who has the key is refused again and again; each time costs a call of an object. */
  failure: '10',
} as const;

const Jurisdictions = v.pipe(
  v.string(),
  v.transform((list) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
  v.array(Jurisdiction),
);

const SecretsOfRegion = v.union([
  v.pipe(
    secret,
    v.transform((one) => [one]),
  ),
  v.pipe(v.array(secret), v.minLength(1), v.maxLength(limits.keysOfOne)),
]);
const SecretsByRegion = v.pipe(
  v.string(),
  v.parseJson(),
  // To the schema of a record a list is one whose names are numbers.
  v.check((value) => !Array.isArray(value)),
  v.record(RegionId, SecretsOfRegion),
  v.maxEntries(limits.regions),
);

/** As JSON: `{"eu-west": "a secret", "us-east": ["a secret", "another"]}`. What is wrong is not shown, as it may be a secret. */
const RegionSecrets = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const parsed = v.safeParse(SecretsByRegion, dataset.value);
    if (!parsed.success) {
      addIssue({
        message:
          'is no JSON object of regions, each with a secret of 16 characters or more, or with two',
      });
      return NEVER;
    }
    return parsed.output;
  }),
);

const Vars = v.object({
  NUVE_SUPERSERVICE_ID: ServiceId,
  NUVE_SUPERSERVICE_KEY: secret,
  NUVE_SUPERSERVICE_KEY_SECOND: v.optional(secret),
  RIZOMA_ENROL_SECRET: secret,
  RIZOMA_ENROL_SECRET_SECOND: v.optional(secret),
  RIZOMA_ENROL_SECRETS: v.optional(RegionSecrets),
  RIZOMA_TICKET_KEY: v.pipe(v.string(), v.minLength(1)),
  RIZOMA_TICKET_KEY_SECOND: v.optional(v.pipe(v.string(), v.minLength(1))),
  RIZOMA_DEMO: v.optional(v.string(), 'off'),
  RIZOMA_PLACEMENT: v.optional(PlacementPolicyName, 'nearest'),
  RIZOMA_ADDRESS_RATE: rate(defaultRates.address),
  RIZOMA_SERVICE_RATE: rate(defaultRates.service),
  RIZOMA_FAILURE_RATE: rate(defaultRates.failure),
  RIZOMA_JURISDICTIONS: v.optional(Jurisdictions, ''),
  RIZOMA_WEBHOOKS: v.optional(v.picklist(['public', 'any']), 'public'),
  RIZOMA_PUBLIC_URL: v.optional(v.pipe(v.string(), v.url())),
});

export interface Config {
  readonly superservice: { readonly id: string; readonly keys: KeySet<string> };
  /** What a node shows when it dials in. */
  readonly enrolSecrets: {
    /** In regions that have none of their own. */
    readonly common: readonly string[];
    readonly byRegion: ReadonlyMap<string, readonly string[]>;
  };
  readonly ticketKeys: KeySet<TicketPrivateKey>;
  /** Check what the ticket keys signed. */
  readonly publicKeys: readonly TicketPublicKey[];
  /** Whether tokens are given to anybody who asks. */
  readonly demo: boolean;
  /** How participants are placed. */
  readonly placement: PlacementPolicyName;
  /** Requests a second that are answered, on the long run; undefined where there is no limit. */
  readonly rates: {
    /** Of one address. */
    readonly address: number | undefined;
    /** Signed by one service. */
    readonly service: number | undefined;
    /** Of one address, with signatures that are refused. */
    readonly failure: number | undefined;
  };
  /** Where rooms may be kept on demand: those that the platform of this deployment has. */
  readonly jurisdictions: readonly Jurisdiction[];
  /** Where webhooks may go: to public hosts by https, or anywhere, which is for use on one machine. */
  readonly webhookHosts: 'public' | 'any';
  /** Origin at which clients reach this edge; undefined where the one that an app used will do. */
  readonly publicOrigin: string | undefined;
}

const parsed = new WeakMap<object, Config>();

/** The configuration of an environment, parsed at its first use. Throws `internal`, saying what to set. */
export function configOf(env: object): Config {
  const known = parsed.get(env);
  if (known !== undefined) {
    return known;
  }
  const config = parseConfig(env);
  parsed.set(env, config);
  return config;
}

function parseConfig(env: object): Config {
  const result = v.safeParse(Vars, env, { abortEarly: true });
  if (!result.success) {
    const issue = result.issues[0];
    const name = v.getDotPath(issue) ?? '';
    const what = issue.input === undefined ? 'is not set' : `is wrong (${issue.message})`;
    throw new RizomaError(
      'internal',
      `${name} ${what}: put it into .dev.vars, or where the edge is deployed run ` +
        `\`wrangler secret put ${name}\``,
    );
  }
  const vars = result.output;
  const ticketKeys = ticketKeysIn(vars);
  return Object.freeze({
    superservice: Object.freeze({
      id: vars.NUVE_SUPERSERVICE_ID,
      keys: keySetOf(vars.NUVE_SUPERSERVICE_KEY, vars.NUVE_SUPERSERVICE_KEY_SECOND),
    }),
    enrolSecrets: Object.freeze({
      common: keySetOf(vars.RIZOMA_ENROL_SECRET, vars.RIZOMA_ENROL_SECRET_SECOND).all,
      byRegion: new Map(Object.entries(vars.RIZOMA_ENROL_SECRETS ?? {})),
    }),
    ticketKeys,
    publicKeys: ticketKeys.all.map(publicTicketKey),
    demo: vars.RIZOMA_DEMO === 'on',
    placement: vars.RIZOMA_PLACEMENT,
    rates: Object.freeze({
      address: vars.RIZOMA_ADDRESS_RATE,
      service: vars.RIZOMA_SERVICE_RATE,
      failure: vars.RIZOMA_FAILURE_RATE,
    }),
    jurisdictions: vars.RIZOMA_JURISDICTIONS,
    webhookHosts: vars.RIZOMA_WEBHOOKS,
    publicOrigin: publicOriginOf(vars.RIZOMA_PUBLIC_URL),
  });
}

function ticketKeysIn(vars: v.InferOutput<typeof Vars>): KeySet<TicketPrivateKey> {
  const { RIZOMA_TICKET_KEY: current, RIZOMA_TICKET_KEY_SECOND: second } = vars;
  return keySetOf(
    parseTicketKey(current),
    second === undefined ? undefined : parseTicketKey(second, 'RIZOMA_TICKET_KEY_SECOND'),
  );
}

function publicOriginOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).origin;
}

/**
 * The keys that sign tokens. They are derived, because nodes are given them to check tokens: a node that
 * is taken over must not be able to sign requests of the superservice.
 */
export function tokenKeysOf(config: Config): Promise<KeySet<string>> {
  return derived(tokenKeys, config, config.superservice.keys.all, 'rizoma/token/v1');
}

/** The keys that sign re-entries, which nobody but the edge has to check. */
export function reentryKeysOf(config: Config): Promise<KeySet<string>> {
  const secrets = config.ticketKeys.all.map(({ d }) => d);
  return derived(reentryKeys, config, secrets, 'rizoma/reentry/v1');
}

/** The keys that prove entries, which nobody but the edge has to check. */
export function entryKeysOf(config: Config): Promise<KeySet<string>> {
  const secrets = config.ticketKeys.all.map(({ d }) => d);
  return derived(entryKeys, config, secrets, 'rizoma/entry/v1');
}

/** Names the keys that nodes are given: where it is another one a node is to be given them anew. */
export async function nodeKeysName(config: Config): Promise<string> {
  const { all } = await tokenKeysOf(config);
  const keys = [...all, ...config.publicKeys.map(({ x }) => x)].join(' ');
  return toHex(await hmac('SHA-256', 'rizoma/node-keys/v1', keys)).slice(0, 16);
}

type DerivedKeys = WeakMap<Config, KeySet<string>>;
const tokenKeys: DerivedKeys = new WeakMap();
const reentryKeys: DerivedKeys = new WeakMap();
const entryKeys: DerivedKeys = new WeakMap();

async function derived(
  known: DerivedKeys,
  config: Config,
  secrets: readonly string[],
  use: string,
): Promise<KeySet<string>> {
  const before = known.get(config);
  if (before !== undefined) {
    return before;
  }
  const derive = async (secret: string): Promise<string> =>
    toHex(await hmac('SHA-256', secret, use));
  const [current = '', second] = await Promise.all(secrets.map(derive));
  const keys = keySetOf(current, second);
  known.set(config, keys);
  return keys;
}
