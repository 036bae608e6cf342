import { describe, expect, it } from 'vitest';
import { rejectingAnswer } from '../../../client/sdk/rejecting-answer.ts';

function sdp(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n`;
}

const session = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', 'a=group:BUNDLE 0'];
const agreed = ['m=audio 4000 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=recvonly'];

describe('rejectingAnswer', () => {
  it('keeps what was agreed and rejects the new m-sections by port 0', () => {
    const offer = sdp(
      ...['v=0', 'a=group:BUNDLE 0 1', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=sendonly'],
      ...['m=video 9 UDP/TLS/RTP/SAVPF 96 97', 'a=mid:1', 'a=sendonly', 'a=ssrc:1 cname:x'],
    );
    expect(rejectingAnswer(offer, sdp(...session, ...agreed))).toBe(
      sdp(
        ...session,
        ...agreed,
        ...['m=video 0 UDP/TLS/RTP/SAVPF 96 97', 'c=IN IP4 0.0.0.0', 'a=inactive', 'a=mid:1'],
      ),
    );
  });

  it('rejects an m-section that takes the place of one that ended', () => {
    const offer = sdp('v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:7', 'a=sendonly');
    expect(rejectingAnswer(offer, sdp(...session, ...agreed))).toBe(
      sdp(
        ...session,
        ...['m=audio 0 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=inactive', 'a=mid:7'],
      ),
    );
  });
});
