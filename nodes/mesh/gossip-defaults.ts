/** The times of what is around the state machine of gossip, in ms. */
export const gossipDefaults = {
  /** How often it is looked whom to dial. */
  plan_ms: 1_000,
  /** A node says anew what it is, though nothing has changed: a fifth of the time for which it is good. */
  refresh_ms: 120_000,
  /** How often a node looks whether its load is another one than it said. */
  load_ms: 5_000,
} as const;
