import { build } from 'esbuild';

/** The SDK is imported as apps import it: from the edge that served the page. */
const importSdk = "globalThis.sdk = await import('/rizoma.js');\n";

/** The script of a page with our SDK, an ES module; it sets `window.client`. */
export async function clientScript(): Promise<string> {
  return importSdk + (await bundled(new URL('in-page/client.ts', import.meta.url)));
}

/** The script of a page that speaks as Licode's own client does; it sets `window.licodes`. */
export function licodeScript(): Promise<string> {
  return bundled(new URL('in-page/licode.ts', import.meta.url));
}

const bundles = new Map<string, Promise<string>>();

/** A script of ours as one text without imports; built once a process. */
export function bundled({ pathname }: URL): Promise<string> {
  const known = bundles.get(pathname);
  if (known !== undefined) {
    return known;
  }
  const text = build({
    entryPoints: [pathname],
    bundle: true,
    format: 'iife',
    write: false,
  }).then(({ outputFiles: [file] }) => file?.text ?? '');
  bundles.set(pathname, text);
  return text;
}
