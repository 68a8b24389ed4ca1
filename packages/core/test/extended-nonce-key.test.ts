import { createCipheriv, createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { xaes } from '../../../testing/vectors/frame-v1.js';
import { ExtendedNonceKey } from '../src/extended-nonce-key.js';
import { Reader } from './reader.js';

function xaesGcm(key: Buffer, nonce: Buffer, plaintext: Buffer, data: Buffer): Buffer {
  const derived = new ExtendedNonceKey(key).derive(nonce, 0);
  const cipher = createCipheriv('aes-256-gcm', derived, nonce.subarray(12));
  cipher.setAAD(data);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

describe('XAES-256-GCM', () => {
  it('gives the two published answers', () => {
    const answers = xaes.map(({ key, nonce, plaintext, data }) => xaesGcm(key, nonce, plaintext, data).toString('hex'));
    expect(answers).toEqual([
      'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271',
      '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d',
    ]);
  });

  it('gives the published digest of 10,000 accumulated answers', () => {
    // Keys, nonces, lengths, plaintexts and data follow each other in one SHAKE128 stream, which is at most this long.
    const reader = new Reader(createHash('shake128', { outputLength: 10_000 * (32 + 24 + 2 * 256) }).digest());
    const digest = createHash('shake128', { outputLength: 32 });
    for (let i = 0; i < 10_000; i++) {
      const [key, nonce] = [reader.take(32), reader.take(24)];
      const plaintext = reader.take(reader.take(1)[0] as number);
      const data = reader.take(reader.take(1)[0] as number);
      digest.update(xaesGcm(key, nonce, plaintext, data));
    }
    expect(digest.digest('hex')).toBe('e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939');
  });

  it('derives the same key again from any place in a buffer, whatever was derived between', () => {
    const key = new ExtendedNonceKey(Buffer.alloc(32, 5));
    const frame = Buffer.concat([Buffer.alloc(9), Buffer.from('prefix of 12'), Buffer.alloc(40)]);
    const first = key.derive(frame, 9);
    key.derive(Buffer.alloc(12, 1), 0);
    expect(key.derive(Buffer.from('prefix of 12'), 0)).toEqual(first);
  });
});
