import { SqlcrypterError } from '@sqlcrypter/core';
import { expect, it } from 'vitest';
import { changedFrames, countOutcomes } from '../../../testing/vectors/changed-frames.js';
import { dataKey, frames, keyId } from '../../../testing/vectors/frame-v1.js';
import { createAesCrypterer } from '../src/index.js';

const context = { c: 'ssn', t: 'employee' };
const genuine = frames.map(({ ciphertext }) => ciphertext);
const codeOf = (error: unknown) => (SqlcrypterError.is(error) ? error.code : undefined);

it.each([
  ['reject', 100_000],
  ['read', 30_000], // Each is tried as a Go frame under every key besides.
] as const)('answers changed and random frames with codes only, goFrames: %s, %i of them', (goFrames, count) => {
  const crypterer = createAesCrypterer({
    key: { id: keyId, key: dataKey },
    decryptKeys: [{ id: 0, key: Buffer.alloc(32, 1) }],
    goFrames,
  });
  const outcomes = countOutcomes(
    changedFrames(genuine, `aes, ${goFrames}`, count),
    genuine,
    (input) => crypterer.decryptSync(input, { context }),
    codeOf,
  );
  const codes = ['AUTH_FAILED', 'FRAME_TRUNCATED', 'FRAME_UNKNOWN', 'FRAME_UNSUPPORTED', 'KEY_NOT_FOUND'];
  for (const code of codes) expect([code, (outcomes.get(code) ?? 0) > 500]).toEqual([code, true]);
  outcomes.delete('opened');
  expect([...outcomes.keys()].sort()).toEqual(codes);
});
