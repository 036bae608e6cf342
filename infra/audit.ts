import { audit } from './audit/audit.ts';
import { lockedPackages } from './locked-packages.ts';
import { npmAdvisories, osvAdvisories } from './audit/services.ts';
import { runCommand, say } from './output.ts';

/** `npm run audit`: whether something is known of the versions in the lock file. */
await runCommand(() => {
  const registry = process.env['npm_config_registry'] || 'https://registry.npmjs.org/';
  const services = [npmAdvisories(registry), osvAdvisories('https://api.osv.dev/')];
  return audit(lockedPackages(), services, say);
});
