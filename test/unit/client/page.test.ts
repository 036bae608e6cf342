import { describe, expect, it } from 'vitest';
import { byRegion } from '../../../client/page/roster.ts';
import { playbackFor } from '../../../client/page/playback.ts';
import { inviteLink, readWish, wishAddress } from '../../../client/page/wish.ts';
import { cameraTrouble, joinTrouble } from '../../../client/page/words.ts';
import { errorOfWords, isPermanent } from '../../../client/sdk/errors.ts';
import { summarize } from '../../../client/sdk/stats.ts';

describe('the address of the page', () => {
  it('says room, name, region and of how many the picture is wanted', () => {
    expect(readWish('?room=team&name=ann&region=eu-west&videos=4', () => 0)).toEqual({
      room: 'team',
      name: 'ann',
      region: 'eu-west',
      videos: 4,
    });
  });

  it('gets a room and a friendly name where it says nothing', () => {
    const wish = readWish('?region=&videos=many', () => 0.99);
    const nothing = { region: undefined, videos: undefined };
    expect(wish).toEqual({ room: 'demo', name: 'swift iris', ...nothing });
  });

  it('leads to the same wish again, whatever it holds', () => {
    const wish = { room: 'a & b', name: '<b>ann</b>', region: undefined, videos: 2 };
    expect(readWish(wishAddress(wish).slice(1), () => 0)).toEqual(wish);
  });

  it('invites to the room, without name and region', () => {
    const wish = { room: 'a b', name: 'ann', region: 'eu-west', videos: 2 };
    expect(inviteLink('http://here', wish)).toBe('http://here/?room=a+b');
  });
});

describe('a tile', () => {
  it('wants the small layer where it shows no more of it', () => {
    expect(playbackFor(220)).toEqual({ maxSpatial: 0 });
    expect(playbackFor(450)).toEqual({});
  });
});

describe('words for what goes wrong', () => {
  it('name the region that has no node, and keep the code', () => {
    const trouble = joinTrouble({ code: 'region_empty', message: 'x' }, 'ap-south');
    expect(trouble.words).toContain('No node is running in ap-south');
    expect(trouble.code).toBe('region_empty');
  });

  it('say what the edge said where they know nothing better', () => {
    const error = { code: 'internal' as const, message: 'it broke.' };
    expect(joinTrouble(error, undefined).words).toBe('Joining failed: it broke.');
  });

  it('tell who has no camera that he is a viewer', () => {
    expect(cameraTrouble('NotAllowedError').words).toMatch(/refused.*viewer/);
    expect(cameraTrouble('InsecureContext').words).toMatch(/cannot be used.*viewer/);
  });
});

describe('errorOfWords', () => {
  it.each([
    ['token: ticket_used: used before', 'ticket_used', 'used before'],
    ['Unauthorized', 'forbidden', 'your role does not allow this'],
    ['overloaded: full', 'overloaded', 'full'],
    ['you publish no stream 1', 'unavailable', 'you publish no stream 1'],
    ['', 'unavailable', ''],
  ])('reads %j', (text, code, message) => {
    expect(errorOfWords(text, 'unavailable')).toMatchObject({ code, message });
  });

  it('knows what is not worth another try', () => {
    expect(isPermanent('sdp_no_codec')).toBe(true);
    expect(isPermanent('link_down')).toBe(false);
    expect(isPermanent('transport')).toBe(false);
  });
});

describe('byRegion', () => {
  it('groups names, the regions in order', () => {
    const people = [
      { name: 'ann', region: 'us-east' },
      { name: 'bob', region: 'eu-west' },
      { name: 'cy', region: 'us-east' },
    ];
    expect(byRegion(people)).toEqual([
      ['eu-west', ['bob']],
      ['us-east', ['ann', 'cy']],
    ]);
  });
});

describe('summarize', () => {
  it('adds up what was received of one stream', () => {
    const video = new Map([
      [
        'v',
        {
          type: 'inbound-rtp',
          kind: 'video',
          framesDecoded: 90,
          frameWidth: 640,
          frameHeight: 480,
          bytesReceived: 1_000,
        },
      ],
      ['c', { type: 'codec', mimeType: 'video/VP8' }],
    ]);
    const audio = new Map([
      [
        'a',
        {
          type: 'inbound-rtp',
          kind: 'audio',
          audioLevel: 0.5,
          totalAudioEnergy: 2,
          bytesReceived: 10,
        },
      ],
    ]);
    expect(summarize('1', 'in', [video, audio])).toEqual({
      streamId: '1',
      direction: 'in',
      video: { frames: 90, width: 640, height: 480, bytes: 1_000 },
      audio: { level: 0.5, energy: 2, bytes: 10 },
    });
  });

  it('takes the level of what is sent from its source', () => {
    const audio = new Map([
      ['s', { type: 'media-source', kind: 'audio', audioLevel: 0.25, totalAudioEnergy: 1 }],
      ['o', { type: 'outbound-rtp', kind: 'audio', bytesSent: 10 }],
    ]);
    expect(summarize('1', 'out', [audio])).toEqual({
      streamId: '1',
      direction: 'out',
      video: undefined,
      audio: { level: 0.25, energy: 1, bytes: 10 },
    });
  });
});
