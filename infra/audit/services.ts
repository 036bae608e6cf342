import * as v from 'valibot';
import { fetchBounded } from '../fetch-bounded.ts';

/** A version of a package that is asked about. */
export interface Asked {
  readonly name: string;
  readonly version: string;
}

/** Something that is known of a package; the words come from outside. */
export interface Advisory {
  readonly name: string;
  readonly words: string;
}

/** Who knows of advisories. It rejects where it cannot be reached or answers what it should not. */
export interface AdvisoryService {
  readonly name: string;
  ask(packages: readonly Asked[]): Promise<Advisory[]>;
}

const bounds = {
  connect_timeout_ms: 15_000,
  body_timeout_ms: 60_000,
  /** Some hundred advisories take 100 KiB. */
  size_bytes: 8 * 1024 * 1024,
} as const;

async function post<const Schema extends v.GenericSchema>(
  url: string,
  body: unknown,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const answer = await fetchBounded(url, bounds, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`it answers ${answer.status}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(answer.body).toString('utf8'));
  } catch {
    throw new Error('it answers what is no JSON');
  }
  const result = v.safeParse(schema, parsed);
  if (!result.success)
    throw new Error(`it answers what is not understood: ${result.issues[0].message}`);
  return result.output;
}

const NpmAnswer = v.record(
  v.string(),
  v.array(
    v.object({
      url: v.string(),
      title: v.string(),
      severity: v.string(),
      vulnerable_versions: v.string(),
    }),
  ),
);

/** The bulk endpoint of an npm registry, which `npm audit` asks. It answers only of the versions that it is asked about. */
export function npmAdvisories(registry: string): AdvisoryService {
  return {
    name: `the npm registry (${registry})`,
    async ask(packages) {
      const versions: Record<string, string[]> = Object.create(null);
      for (const { name, version } of packages) {
        (versions[name] ??= []).push(version);
      }
      const url = new URL('-/npm/v1/security/advisories/bulk', registry).href;
      const answer = await post(url, versions, NpmAnswer);
      return Object.entries(answer).flatMap(([name, advisories]) =>
        advisories.map(({ url: link, title, severity, vulnerable_versions: affected }) => ({
          name,
          words: `${severity}: ${title} (${affected}) ${link}`,
        })),
      );
    },
  };
}

const OsvAnswer = v.object({
  results: v.array(
    v.object({
      vulns: v.optional(v.array(v.object({ id: v.string() }))),
    }),
  ),
});

/** Questions in one request, as OSV takes them. */
const osvBatch = 1_000;

/** The Open Source Vulnerabilities database. */
export function osvAdvisories(api: string): AdvisoryService {
  return {
    name: `OSV (${api})`,
    async ask(packages) {
      const found: Advisory[] = [];
      for (let at = 0; at < packages.length; at += osvBatch) {
        const asked = packages.slice(at, at + osvBatch);
        const queries = asked.map(({ name, version }) => ({
          package: { name, ecosystem: 'npm' },
          version,
        }));
        const url = new URL('v1/querybatch', api).href;
        const { results } = await post(url, { queries }, OsvAnswer);
        if (results.length !== asked.length) {
          throw new Error(`it answers ${results.length} of ${asked.length} questions`);
        }
        for (const [index, { vulns = [] }] of results.entries()) {
          const name = asked[index]?.name ?? '';
          found.push(
            ...vulns.map(({ id }) => ({ name, words: `https://osv.dev/vulnerability/${id}` })),
          );
        }
      }
      return found;
    },
  };
}
