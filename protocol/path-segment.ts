/** What a parser of URLs takes for `.` or `..`, encoded or not (WHATWG URL, section 4.1: "double-dot URL path segment"). */
const dots = /^(?:\.|%2e){1,2}$/i;

/**
 * Why a text cannot be one segment of a path for all who write and read paths; undefined where it can. Encoding does not help: dots
 * are what they are, encoded or not, and Licode's clients encode nothing, so that a name with a slash is several segments.
 */
export function whyNoSegment(text: string): string | undefined {
  if (text === '') {
    return 'is empty';
  }
  if (!text.isWellFormed()) {
    return 'holds half of a character (a lone surrogate), which no URL can carry';
  }
  return hasDotSegments(text)
    ? 'has . or .. where a path has a segment, which a URL cannot carry'
    : undefined;
}

/** Whether a path holds segments that parsers of URLs take away, with what stands before them. */
export function hasDotSegments(path: string): boolean {
  // Parsers of URLs take these away first (WHATWG URL, section 4.4).
  const read = path.replaceAll(/[\t\n\r]/g, '');
  return read.split(/[/\\]/).some((part) => dots.test(part));
}
