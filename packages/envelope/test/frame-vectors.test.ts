import type { ErrorCode } from '@sqlcrypter/core';
import { describe, expect, it } from 'vitest';
import { frames, malformed } from '../../../testing/vectors/frame-v1.js';
import { createEnvelopeCrypterer } from '../src/index.js';
import { codeOf } from './support/error-code.js';
import { vectorService } from './support/vector-service.js';

const PROVIDER_OFFSET = 20;

describe('frames of version 1 with a wrapped key', () => {
  const wrapping = frames.filter(({ kind }) => kind === 3);

  it('are among the vectors, in both suites', () => {
    expect(new Set(wrapping.map(({ suite }) => suite))).toEqual(new Set(['xaes-256-gcm', 'aes-256-gcm']));
  });

  it.each(wrapping)('are read for ever: $name', async ({ ciphertext, context, plaintext }) => {
    const service = vectorService(ciphertext[PROVIDER_OFFSET] as number);
    const reader = await createEnvelopeCrypterer(service, { generate: 'never' });
    expect(await codeOf(() => reader.decryptSync(ciphertext, { context }))).toBe('KEY_NOT_LOADED');
    expect(await reader.decrypt(ciphertext, { context })).toEqual(plaintext);
    expect(reader.decryptSync(ciphertext, { context })).toEqual(plaintext);
    await reader.close();
  });

  it.each(wrapping)('are refused by a crypterer of another provider: $name', async ({ ciphertext, context }) => {
    const reader = await createEnvelopeCrypterer(vectorService(3), { generate: 'never' });
    expect(await codeOf(reader.decrypt(ciphertext, { context }))).toBe('FRAME_UNSUPPORTED');
    await reader.close();
  });
});

describe('frames that name another kind of key', () => {
  it.each(frames.filter(({ kind }) => kind !== 3))('are KEY_NOT_FOUND: $name', async ({ ciphertext, context }) => {
    const reader = await createEnvelopeCrypterer(vectorService(2), { generate: 'never' });
    expect(await codeOf(reader.decrypt(ciphertext, { context }))).toBe('KEY_NOT_FOUND');
    await reader.close();
  });
});

describe('malformed frames', () => {
  const concerned = malformed.filter(({ bytesAlone, ciphertext }) => bytesAlone || ciphertext[3] === 3);

  it.each(concerned)('are refused with their code: $name', async ({ ciphertext, context, code }) => {
    const reader = await createEnvelopeCrypterer(vectorService(2), { generate: 'never' });
    expect(await codeOf(reader.decrypt(ciphertext, { context }))).toBe(code as ErrorCode);
    expect(await codeOf(reader.loadKeys([ciphertext]))).toBe(code as ErrorCode);
    await reader.close();
  });
});
