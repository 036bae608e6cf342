/** Where a package goes: the further, the less its licence may ask of those who get it. */
export type Destination = 'browsers' | 'servers' | 'development';

/** They ask for no more than their notice: whoever opens the page gets a copy of the client and owes nothing. */
const permissive = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
] as const;

/** Who hands on a host's image hands on the source of their files too, which we do not change and npm has. */
const weakPerFile = ['MPL-2.0'] as const;

/** Programs that we run and libraries that those load; nobody is given a copy by us. */
const weakPerLibrary = ['LGPL-3.0-or-later'] as const;

export const allowedLicences: Readonly<Record<Destination, ReadonlySet<string>>> = {
  browsers: new Set(permissive),
  servers: new Set([...permissive, ...weakPerFile]),
  development: new Set([...permissive, ...weakPerFile, ...weakPerLibrary]),
};

/** Packages that the table does not allow, or that name no licence, by name; each with the licence that was read, and why. */
export const exceptions: Readonly<
  Record<string, { readonly licence: string; readonly why: string }>
> = {};
