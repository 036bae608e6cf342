import type { ErrorCode } from '../../protocol/errors.ts';

/** What went wrong, for people: a sentence of ours, and the code for those who report it. */
export interface Trouble {
  readonly words: string;
  readonly code: string;
}

/** Why a join came to nothing. What the edge itself said follows where it says more than we know. */
export function joinTrouble(
  error: { code: ErrorCode; message: string },
  region: string | undefined,
): Trouble {
  return { words: joinWords(error, region), code: error.code };
}

function joinWords(
  { code, message }: { code: ErrorCode; message: string },
  region: string | undefined,
): string {
  const place = region === undefined ? 'near you' : `in ${region}`;
  switch (code) {
    case 'region_empty':
      return `No node is running ${place} now. Choose another region and rejoin.`;
    case 'region_unknown':
      return `There is no region ${region ?? 'of that name'}. Choose another one and rejoin.`;
    case 'token_expired':
    case 'ticket_expired':
      return 'It took too long to join, and the permission has run out. Rejoin to get a new one.';
    case 'token_used':
    case 'ticket_used':
      return 'This permission to join was used before. Rejoin to get a new one.';
    case 'link_down':
      return 'The server cannot be reached. Check your connection, then rejoin.';
    case 'timeout':
      return 'The server did not answer in time. Rejoin to try again.';
    case 'overloaded':
    case 'unavailable':
    case 'rate_limited':
      return `The servers are full or starting up; try again in a moment. ${message}`;
    case 'not_found':
      return 'This server gives no demo tokens, so that the page cannot join by itself.';
    case 'unauthorized':
    case 'forbidden':
    case 'token_malformed':
    case 'token_forged':
    case 'token_wrong_host':
    case 'ticket_forged':
    case 'ticket_wrong_host':
      return `The token was refused: ${message}.`;
    default:
      return `Joining failed: ${message}.`;
  }
}

/** Why there is no camera and microphone (W3C mediacapture-streams, section 10.2). */
export function cameraTrouble(name: string): Trouble {
  const viewer = 'You are here as a viewer.';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return { words: `Camera and microphone were refused. ${viewer}`, code: name };
    case 'NotFoundError':
    case 'OverconstrainedError':
      return { words: `No camera or microphone was found. ${viewer}`, code: name };
    case 'NotReadableError':
    case 'AbortError':
      return { words: `The camera is in use by another program. ${viewer}`, code: name };
    default:
      return { words: `Camera and microphone cannot be used on this page. ${viewer}`, code: name };
  }
}
