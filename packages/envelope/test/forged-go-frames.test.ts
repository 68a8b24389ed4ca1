import { describe, expect, it, vi } from 'vitest';
import { codeOf } from './support/error-code.js';
import { fakeTime, MINUTE } from './support/fake-time.js';
import { createEnvelope, MemoryKms } from './support/memory-kms.js';

describe('a Go frame with a genuine wrapped key that does not authenticate', () => {
  it('costs one KMS call a minute, however often it is read', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const forged = await (await createEnvelope(kms, { goFrames: 'write' })).encrypt(Buffer.from('value'));
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    const reader = await createEnvelope(kms, { generate: 'never', goFrames: 'read' });
    for (let i = 0; i < 50; i++) expect(await codeOf(reader.decrypt(forged))).toBe('AUTH_FAILED');
    const { failures } = await reader.loadKeys([forged], { onError: 'collect' });
    expect(failures.get(0)?.code).toBe('AUTH_FAILED');
    expect(kms.calls.unwrap).toBe(1);
    vi.advanceTimersByTime(MINUTE + 1);
    expect(await codeOf(reader.decrypt(forged))).toBe('AUTH_FAILED');
    expect(kms.calls.unwrap).toBe(2);
  });

  it('does not keep a genuine value under the same wrapped key from being read', async () => {
    const kms = new MemoryKms();
    const genuine = await (await createEnvelope(kms, { goFrames: 'write' })).encrypt(Buffer.from('value'));
    const forged = Buffer.from(genuine);
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    const reader = await createEnvelope(kms, { generate: 'never', goFrames: 'read' });
    expect(await codeOf(reader.decrypt(forged))).toBe('AUTH_FAILED');
    expect((await reader.decrypt(genuine)).toString()).toBe('value');
    expect(await codeOf(reader.decrypt(forged))).toBe('AUTH_FAILED');
  });
});
