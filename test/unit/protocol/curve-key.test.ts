import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { newCurveKeyPair } from '../../../nodes/link/zmq-curve.ts';
import { CurveKey, CurveKeys, CurveSecret } from '../../../protocol/curve-key.ts';
import { decodeZ85, encodeZ85 } from '../../../protocol/z85.ts';

const keyOf = (hex: string): string => encodeZ85(Buffer.from(hex, 'hex'));

/** Little-endian; that of 2^255 - 19 and some more. */
const overPrime = (low: string): string => keyOf(`${low}${'ff'.repeat(30)}7f`);

describe('Z85', () => {
  it('is as its specification has it, both ways', () => {
    // ZeroMQ RFC 32, section "Test case".
    const bytes = Buffer.from('864fd26fb559f75b', 'hex');
    expect(encodeZ85(bytes)).toBe('HelloWorld');
    expect(decodeZ85('HelloWorld')).toEqual(new Uint8Array(bytes));
  });

  it('is nothing that stands for no bytes', () => {
    expect(decodeZ85('%nSc0')).toEqual(new Uint8Array([255, 255, 255, 255]));
    // One more than four bytes hold, a character that is none of it, and a length that is none.
    for (const text of ['%nSc1', '#####', 'Hel~o', 'Hell']) {
      expect(decodeZ85(text)).toBeUndefined();
    }
  });
});

describe('a CURVE key', () => {
  it('is one that ZeroMQ makes', () => {
    for (let made = 0; made < 32; made += 1) {
      expect(v.is(CurveKeys, newCurveKeyPair())).toBe(true);
    }
  });

  it('is 32 bytes in Z85', () => {
    const { publicKey } = newCurveKeyPair();
    for (const text of ['#'.repeat(40), publicKey.slice(5), `${publicKey}HelloWorld`, '']) {
      expect(v.is(CurveKey, text)).toBe(false);
      expect(v.is(CurveSecret, text)).toBe(false);
    }
  });

  it('is none of the points with which everybody shares the same secret', () => {
    const points = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      `ec${'ff'.repeat(30)}7f`,
    ];
    expect(points.map((hex) => v.is(CurveKey, keyOf(hex)))).toEqual(points.map(() => false));
    // Of any 32 bytes a secret can be made.
    expect(v.is(CurveSecret, keyOf('00'.repeat(32)))).toBe(true);
  });

  it('has one text: no number over the prime of the curve stands for it', () => {
    expect(v.is(CurveKey, overPrime('eb'))).toBe(true);
    for (const low of ['ed', 'ee', 'ef', 'f0', 'ff']) {
      expect(v.is(CurveKey, overPrime(low))).toBe(false);
    }
    expect(v.is(CurveKey, keyOf(`09${'00'.repeat(30)}80`))).toBe(false);
    expect(v.is(CurveKey, keyOf(`09${'00'.repeat(31)}`))).toBe(true);
  });
});
