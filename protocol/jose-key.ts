import type { JWK } from 'jose';

const copies = new WeakMap<object, JWK>();

/**
 * A key as jose takes it, the same object for the same key: jose remembers by it what it has imported,
 * and to import a key costs more than to sign with it.
 */
export function joseKey(key: Readonly<JWK>): JWK {
  const known = copies.get(key);
  if (known !== undefined) {
    return known;
  }
  const made = { ...key };
  copies.set(key, made);
  return made;
}
