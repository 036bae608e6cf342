import * as v from 'valibot';
import { hmac, toHex } from '../protocol/bytes.ts';
import { PlacementPolicyName } from '../protocol/contracts/placements.ts';
import { RizomaError } from '../protocol/errors.ts';
import { Jurisdiction, ServiceId } from '../protocol/ids.ts';
import type { TicketPrivateKey } from '../protocol/ticket.ts';
import { parseTicketKey } from '../protocol/ticket.ts';

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

const Vars = v.object({
  NUVE_SUPERSERVICE_ID: ServiceId,
  NUVE_SUPERSERVICE_KEY: secret,
  RIZOMA_ENROL_SECRET: secret,
  RIZOMA_TICKET_KEY: v.pipe(v.string(), v.minLength(1)),
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
  readonly superservice: { readonly id: string; readonly key: string };
  /** What a node shows when it dials in. */
  readonly enrolSecret: string;
  readonly ticketKey: TicketPrivateKey;
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
  return Object.freeze({
    superservice: Object.freeze({ id: vars.NUVE_SUPERSERVICE_ID, key: vars.NUVE_SUPERSERVICE_KEY }),
    enrolSecret: vars.RIZOMA_ENROL_SECRET,
    ticketKey: parseTicketKey(vars.RIZOMA_TICKET_KEY),
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

function publicOriginOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).origin;
}

/**
 * The key that signs tokens. It is derived, because nodes are given it to check tokens: a node that
 * is taken over must not be able to sign requests of the superservice.
 */
export function tokenKeyOf(config: Config): Promise<string> {
  return derived(tokenKeys, config, config.superservice.key, 'rizoma/token/v1');
}

/** The key that signs re-entries, which nobody but the edge has to check. */
export function reentryKeyOf(config: Config): Promise<string> {
  return derived(reentryKeys, config, config.ticketKey.d, 'rizoma/reentry/v1');
}

type Keys = WeakMap<Config, string>;
const tokenKeys: Keys = new WeakMap();
const reentryKeys: Keys = new WeakMap();

async function derived(keys: Keys, config: Config, secret: string, use: string): Promise<string> {
  const known = keys.get(config);
  if (known !== undefined) {
    return known;
  }
  const key = toHex(await hmac('SHA-256', secret, use));
  keys.set(config, key);
  return key;
}
