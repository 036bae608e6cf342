import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { isLonger, sizeOf, utf8Length } from '../../../protocol/bytes.ts';
import {
  P2pMessage,
  SendDataMessage,
  UpdateAttributesMessage,
} from '../../../protocol/contracts/client.ts';
import { StreamMedia } from '../../../protocol/directory.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { Selectors } from '../../../protocol/selectors.ts';

const id = '1'.repeat(18);
/** So many bytes as JSON, in half as many characters. */
const text = (bytes: number): string => 'é'.repeat((bytes - 2) / 2);
const media = { audio: true, video: true, data: false, screen: false, label: '' };

describe('the size of what is said', () => {
  it('is that of its UTF-8, as JSON', () => {
    expect([sizeOf('é'), sizeOf({ a: '日' }), sizeOf(undefined), sizeOf('\n')]).toEqual([
      4, 11, 0, 4,
    ]);
    expect(utf8Length('🎓')).toBe(4);
    expect([isLonger('日', 2), isLonger('日', 3), isLonger('ab', 2)]).toEqual([true, false, false]);
  });

  it.each([
    ['data', SendDataMessage, (msg: string) => ({ id, msg }), limits.data_bytes],
    [
      'words of P2P',
      P2pMessage,
      (msg: string) => ({ options: { streamId: id, peerSocket: newUuid(), msg } }),
      limits.data_bytes,
    ],
    [
      'attributes',
      UpdateAttributesMessage,
      (a: string) => ({ id, attrs: { a } }),
      limits.attributes_bytes - '{"a":}'.length,
    ],
    [
      'attributes of a stream',
      StreamMedia,
      (a: string) => ({ ...media, attributes: { a } }),
      limits.attributes_bytes - '{"a":}'.length,
    ],
    [
      'selectors',
      Selectors,
      (a: string) => ({ '/id': a }),
      limits.attributes_bytes - '[["/id",]]'.length,
    ],
  ])('bounds %s in bytes, and not in characters', (_, schema, of, most_bytes) => {
    expect(v.is(schema, of(text(most_bytes)))).toBe(true);
    expect(v.is(schema, of(text(most_bytes + 2)))).toBe(false);
  });
});
