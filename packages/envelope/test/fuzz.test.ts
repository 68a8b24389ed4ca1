import { SqlcrypterError } from '@sqlcrypter/core';
import { describe, expect, it } from 'vitest';
import { changedFrames, countOutcomes } from '../../../testing/vectors/changed-frames.js';
import { dataKey, frames } from '../../../testing/vectors/frame-v1.js';
import { createEnvelopeCrypterer } from '../src/index.js';
import { goFrameUnder } from './support/frames.js';
import { knownWraps, vectorService } from './support/vector-service.js';

const context = { c: 'ssn', t: 'employee' };
const codeOf = (error: unknown) => (SqlcrypterError.is(error) ? error.code : undefined);
const service = vectorService(2);

const goFrames = [
  goFrameUnder(dataKey, knownWraps[0] as Buffer),
  goFrameUnder(dataKey, knownWraps[0] as Buffer, Buffer.alloc(60)),
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
    expect(reader.stats().cachedKeys).toBeLessThanOrEqual(2 * knownWraps.length);
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
