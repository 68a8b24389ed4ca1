import { SqlcrypterError } from '@sqlcrypter/core';
import { describe, expect, it } from 'vitest';
import { changedFrames, countOutcomes } from '../../../testing/vectors/changed-frames.js';
import { dataKey, frames } from '../../../testing/vectors/frame-v1.js';
import { createEnvelopeCrypterer, type KeyService } from '../src/envelope/index.js';
import { goFrameUnder } from './support/frames.js';

const context = { c: 'ssn', t: 'employee' };
const codeOf = (error: unknown) => (SqlcrypterError.is(error) ? error.code : undefined);
const wrapping = frames.filter(({ kind }) => kind === 3);
const known = wrapping.map(({ ciphertext }) => ciphertext.subarray(23, 23 + ciphertext.readUInt16BE(21)));

/** Knows the wrapped keys of the vectors, and calls all others invalid. */
const service: KeyService = {
  provider: 2,
  scheme: 'vectors',
  generateDataKey: () => Promise.reject(new Error('Vectors are only read.')),
  async unwrapDataKey(wrapped) {
    if (known.some((each) => each.equals(wrapped))) return { plaintext: Buffer.from(dataKey), keyId: 'vectors' };
    throw new SqlcrypterError('KMS_INVALID_BLOB', 'No such blob.');
  },
};

const goFrames = [
  goFrameUnder(dataKey, known[0] as Buffer),
  goFrameUnder(dataKey, known[0] as Buffer, Buffer.alloc(60)),
];

describe.each(['reject', 'read'] as const)('changed and random frames, goFrames: %s,', (mode) => {
  const genuine = [...frames.map(({ ciphertext }) => ciphertext), ...(mode === 'read' ? goFrames : [])];
  const readable = genuine.filter((frame) => frame[3] !== 3 || frame[20] === 2);

  it('are answered with codes only: 50,000 of them, synchronously', async () => {
    const reader = await createEnvelopeCrypterer(service, { generate: 'never', goFrames: mode });
    const lease = await reader.loadKeys(readable, { onError: 'collect' });
    const outcomes = countOutcomes(
      changedFrames(genuine, `awskms, ${mode}`, 50_000),
      genuine,
      (input) => reader.decryptSync(input, { context }),
      codeOf,
    );
    const codes = ['AUTH_FAILED', 'FRAME_TRUNCATED', 'FRAME_UNKNOWN', 'FRAME_UNSUPPORTED', 'KEY_COMMITMENT'];
    for (const code of [...codes, 'KEY_NOT_FOUND', 'KEY_NOT_LOADED']) {
      expect([code, (outcomes.get(code) ?? 0) > 50]).toEqual([code, true]);
    }
    outcomes.delete('opened');
    expect([...outcomes.keys()].sort()).toEqual([...codes, 'KEY_NOT_FOUND', 'KEY_NOT_LOADED'].sort());
    lease.dispose();
    await reader.close();
  });

  it('are answered with codes only: 5,000 of them, asynchronously, and nothing else gets into the cache', async () => {
    const reader = await createEnvelopeCrypterer(service, { generate: 'never', goFrames: mode });
    for (const input of changedFrames(genuine, `awskms, asynchronous, ${mode}`, 5_000)) {
      try {
        await reader.decrypt(input, { context });
        expect(genuine.some((frame) => frame.equals(input))).toBe(true);
      } catch (error) {
        if (codeOf(error) === undefined) throw new Error(`no code for ${input.toString('hex')}`, { cause: error });
      }
    }
    expect(reader.stats().cachedKeys).toBeLessThanOrEqual(2 * known.length);
    await reader.close();
  });

  it('are collected with codes only by one batch of 5,000', async () => {
    const reader = await createEnvelopeCrypterer(service, { generate: 'never', goFrames: mode });
    const inputs = [...changedFrames(genuine, `awskms, batch, ${mode}`, 5_000)];
    const lease = await reader.loadKeys(inputs, { onError: 'collect' });
    expect(lease.failures.size).toBeGreaterThan(1_000);
    for (const error of lease.failures.values()) expect(codeOf(error)).toBeDefined();
    lease.dispose();
    await reader.close();
  });
});
