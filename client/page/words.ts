import type { ErrorCode } from '../../protocol/errors.ts';

/** What went wrong, for people: a sentence of ours, and the code for those who report it. */
export interface Trouble {
  readonly words: string;
  readonly code: string;
}

interface Said {
  /** What the edge or the controller said. */
  readonly message: string;
  /** Where the page wanted to be served from. */
  readonly region: string | undefined;
}

const refused = ({ message }: Said) => `The token was refused: ${message}.`;
const tooLate = () =>
  'It took too long to join, and the permission has run out. Rejoin to get a new one.';
const usedBefore = () => 'This permission to join was used before. Rejoin to get a new one.';
const busy = ({ message }: Said) =>
  `The servers are full or starting up; try again in a moment: ${message}.`;

/** What our words say better than those of the edge. */
const ofJoin: Partial<Record<ErrorCode, (said: Said) => string>> = {
  region_empty: ({ region }) =>
    `No node is running ${region === undefined ? 'anywhere' : `in ${region}`} now. ` +
    'Choose another region and rejoin.',
  region_unknown: ({ region }) =>
    `There is no region ${region ?? 'of that name'}. Choose another one and rejoin.`,
  token_expired: tooLate,
  ticket_expired: tooLate,
  token_used: usedBefore,
  ticket_used: usedBefore,
  link_down: () => 'The server cannot be reached. Check your connection, then rejoin.',
  timeout: () => 'The server did not answer in time. Rejoin to try again.',
  overloaded: busy,
  unavailable: busy,
  rate_limited: busy,
  not_found: () => 'This server gives no demo tokens, so that the page cannot join by itself.',
  unauthorized: refused,
  forbidden: refused,
  token_malformed: refused,
  token_forged: refused,
  token_wrong_host: refused,
  ticket_forged: refused,
  ticket_wrong_host: refused,
};

/** Why a join came to nothing. */
export function joinTrouble(
  error: { code: ErrorCode; message: string },
  region: string | undefined,
): Trouble {
  const message = error.message.replace(/\.$/, '');
  const words = ofJoin[error.code]?.({ message, region }) ?? `Joining failed: ${message}.`;
  return { words, code: error.code };
}

/** Why there is no camera and microphone (W3C mediacapture-streams, section 10.2). */
export function cameraTrouble(name: string): Trouble {
  return { words: `${cameraWords(name)} You are here as a viewer.`, code: name };
}

function cameraWords(name: string): string {
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'Camera and microphone were refused.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'No camera or microphone was found.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The camera is in use by another program.';
    default:
      return 'Camera and microphone cannot be used on this page.';
  }
}
