import { expect, it } from 'vitest';
import { pageHeaders } from '../../../infra/page-headers.ts';

it('the page stands in frames of no origin, or of those that are named', () => {
  expect(pageHeaders({})).toContain(`frame-ancestors 'none'\n`);
  const RIZOMA_FRAME_ANCESTORS = ' https://app.example.org https://*.example.com:8443 ';
  expect(pageHeaders({ RIZOMA_FRAME_ANCESTORS })).toContain(
    'frame-ancestors https://app.example.org https://*.example.com:8443\n',
  );
});

it.each([`'none'; script-src *`, 'https://a.example\n/x', 'https://a.example,https://b.example'])(
  'the origins of frames cannot be %j',
  (RIZOMA_FRAME_ANCESTORS) => {
    expect(() => pageHeaders({ RIZOMA_FRAME_ANCESTORS })).toThrow('RIZOMA_FRAME_ANCESTORS');
  },
);
