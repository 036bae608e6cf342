import type { RegionsAnswer } from '../../protocol/contracts/rest.ts';
import type { EdgeContext } from '../app.ts';
import { meshOf } from '../objects/stubs.ts';
import { valueOf } from '../objects/outcome.ts';
import { regionsAnswer } from '../placement/snapshot.ts';

const defaults = {
  /** Anybody may ask: each isolate asks Mesh four times a second at the most. */
  keep_ms: 250,
} as const;

let kept: { answer: RegionsAnswer; until_ms: number } | undefined;

/** `GET /regions`: where there are nodes now. */
export async function getRegions(context: EdgeContext): Promise<Response> {
  const now_ms = Date.now();
  if (kept === undefined || kept.until_ms <= now_ms) {
    const snapshot = await valueOf(meshOf(context.env).snapshot());
    kept = { answer: regionsAnswer(snapshot), until_ms: now_ms + defaults.keep_ms };
  }
  return context.json(kept.answer);
}
