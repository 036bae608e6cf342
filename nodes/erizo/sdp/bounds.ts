import { RizomaError } from '../../../protocol/errors.ts';
import { limits } from '../../../protocol/limits.ts';

const defaults = {
  /**
   * Lines of one m-section on average, and so many above all of them: Chromium offers video with up to some 250, beside
   * sound with 30.
   */
  linesPerSection: 192,
  /** Characters of the same: 4 KiB of each are usual where all codecs are offered. */
  charsPerSection: 8 * 1024,
} as const;

/** How large a description may be, where that is not what any client may send. */
export interface Bounds {
  readonly sections?: number;
  readonly chars?: number;
}

/**
 * Throws `sdp_malformed` where a description is larger than this, or than one of its m-sections would be. It is counted before it is parsed,
 * which costs a hundred times as much for each line; any of the three line breaks ends one for the parser.
 */
export function checkBounds(text: string, most: Bounds): void {
  const { sections: mostSections = limits.sdpSections, chars = limits.sdp_chars } = most;
  if (text.length > chars) {
    throw tooLarge(`has more than ${chars} characters`);
  }
  const lines = text.split(/\r\n|\r|\n/, limits.sdpLines + 1);
  if (lines.length > limits.sdpLines) {
    throw tooLarge(`has more than ${limits.sdpLines} lines`);
  }
  const sections = lines.filter((line) => line.startsWith('m=')).length;
  if (sections > mostSections) {
    throw tooLarge(`has more than ${mostSections} m-sections`);
  }
  if (lines.length > (sections + 1) * defaults.linesPerSection) {
    throw tooLarge(`has ${lines.length} lines for ${sections} m-sections`);
  }
  if (text.length > (sections + 1) * defaults.charsPerSection) {
    throw tooLarge(`has ${text.length} characters for ${sections} m-sections`);
  }
}

function tooLarge(words: string): RizomaError {
  return new RizomaError('sdp_malformed', `sdp: it ${words}: offer fewer codecs or streams`);
}
