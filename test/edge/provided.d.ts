export {};

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the fuzz of the edge: how many requests in all, and the seed that they follow from. */
    fuzz: { requests: number; seed: number };
  }
}
