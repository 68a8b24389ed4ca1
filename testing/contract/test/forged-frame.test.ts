import { describe, expect, it } from 'vitest';
import { commitment, contexts, dataKey, frames, xaes } from '../../vectors/frame-v1.js';
import { extendedNonceKey } from '../src/extended-nonce-key.js';
import {
  authenticatedData,
  contextBytes,
  derivedKey,
  forgeFrame,
  nonceLength,
  openForged,
} from '../src/forged-frame.js';

describe('the suite’s own writing of the format', () => {
  it.each(frames)('forges the known frame $name', ({ suite, header, context, plaintext, ciphertext }) => {
    const nonce = ciphertext.subarray(header.length, header.length + nonceLength(suite));
    const data = authenticatedData(header, contextBytes(context));
    expect(forgeFrame({ dataKey, suite, header, nonce, plaintext, data })).toEqual(ciphertext);
    expect(openForged(dataKey, suite, ciphertext.subarray(header.length), data)).toEqual(plaintext);
  });

  it.each(contexts)('encodes the context with $name', ({ context, encoded }) => {
    expect(contextBytes(context)).toEqual(encoded);
  });

  it('derives the commitment', () => {
    expect(derivedKey(dataKey, 'commit')).toEqual(commitment);
  });

  it('derives the published keys of XAES-256-GCM', () => {
    for (const vector of xaes) {
      expect(extendedNonceKey(vector.key, vector.nonce.subarray(0, 12))).toEqual(vector.derivedKey);
    }
  });
});
