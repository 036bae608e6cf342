/**
 * The answer that a server which refused an offer did not give: what was agreed before stands, and
 * the m-sections that are new are rejected by the port 0 (RFC 3264, section 6).
 *
 * A rollback (RFC 8829, section 4.1.10.2) would be the plainer way, but Chromium sends nothing on
 * m-sections that are bundled after one.
 */
export function rejectingAnswer(offer: string, lastAnswer: string): string {
  const [session = '', ...agreed] = sectionsOf(lastAnswer);
  const [, ...offered] = sectionsOf(offer);
  const sections = offered.map((section, index) => {
    const before = agreed[index];
    return before !== undefined && midOf(before) === midOf(section) ? before : rejected(section);
  });
  return [session, ...sections].join('');
}

/** The session's part, and each m-section from its `m=` on. */
function sectionsOf(sdp: string): string[] {
  return sdp.split(/^(?=m=)/m);
}

function midOf(section: string): string | undefined {
  return /^a=mid:(\S+)/m.exec(section)?.[1];
}

function rejected(section: string): string {
  const [media = ''] = section.split('\r\n', 1);
  const mid = midOf(section);
  return [
    media.replace(/^(m=\S+) \d+/, '$1 0'),
    'c=IN IP4 0.0.0.0',
    'a=inactive',
    ...(mid === undefined ? [] : [`a=mid:${mid}`]),
    '',
  ].join('\r\n');
}
