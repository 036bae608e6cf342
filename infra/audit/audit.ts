import { reasonOf } from '../fetch-bounded.ts';
import type { Say } from '../output.ts';
import type { LockedPackage } from '../locked-packages.ts';
import type { Advisory, AdvisoryService } from './services.ts';

/** The exit code: only 0 says that the packages are known to be free of what is known. */
export const exitCodes = { none: 0, found: 1, notAudited: 2 } as const;

/** Long known to be vulnerable, and none of ours: a service that does not say so has no data. */
export const canary = { name: 'lodash', version: '4.17.4' } as const;

/** Of one line of what others wrote. */
const line_chars = 300;

/** Asks the services, one after another until one knows, and says what is known of which packages. */
export async function audit(
  packages: readonly LockedPackage[],
  services: readonly AdvisoryService[],
  say: Say,
): Promise<number> {
  for (const service of services) {
    try {
      const found = await ask(service, packages);
      const shipped = report(
        'shipped',
        packages.filter(({ isShipped }) => isShipped),
        found,
        say,
      );
      const others = report(
        'for development',
        packages.filter(({ isShipped }) => !isShipped),
        found,
        say,
      );
      say(`${packages.length} packages, asked of ${service.name}.`);
      return shipped + others === 0 ? exitCodes.none : exitCodes.found;
    } catch (error) {
      say(clean(`${service.name} cannot be reached: ${reasonOf(error)}.`));
    }
  }
  say(
    'Not audited: nobody who knows of advisories can be reached. Nothing is known of the packages.',
  );
  return exitCodes.notAudited;
}

async function ask(
  service: AdvisoryService,
  packages: readonly LockedPackage[],
): Promise<Advisory[]> {
  const asked = new Map([...packages, canary].map((one) => [`${one.name}@${one.version}`, one]));
  const found = await service.ask([...asked.values()]);
  if (!found.some(({ name }) => name === canary.name)) {
    throw new Error(
      `it knows nothing of ${canary.name} ${canary.version}, which has advisories: it has no data`,
    );
  }
  const names = new Set(packages.map(({ name }) => name));
  return found.filter(({ name }) => names.has(name));
}

/** Answers how many advisories there are. */
function report(
  what: string,
  packages: readonly LockedPackage[],
  found: readonly Advisory[],
  say: Say,
): number {
  const versions = new Map<string, string[]>();
  for (const { name, version } of packages) {
    versions.set(name, [...(versions.get(name) ?? []), version]);
  }
  const own = found.filter(({ name }) => versions.has(name));
  say(`Dependencies that are ${what}: ${own.length} advisories for ${packages.length} packages.`);
  for (const { name, words } of own) {
    say(clean(`  ${name} ${versions.get(name)?.join(', ')}: ${words}`));
  }
  return own.length;
}

/** What others wrote moves no cursor and fits a line. */
function clean(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ').slice(0, line_chars);
}
