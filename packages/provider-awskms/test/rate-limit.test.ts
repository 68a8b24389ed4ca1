import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { codeOf, errorOf, outcomeOf } from './support/error-code.js';
import { fakeTime } from './support/fake-time.js';
import { frameUnder } from './support/frames.js';
import { createCrypterer, startKms } from './support/local-kms.js';
import { createEnvelope, MemoryKms } from './support/memory-kms.js';

describe('decryptRateLimit', () => {
  it('lets `burst` unwraps through at once, then answers KMS_RATE_LIMITED without calling AWS', async () => {
    const kms = await startKms();
    const ciphertexts = Array.from({ length: 10 }, () => {
      const dek = randomBytes(32);
      return frameUnder(dek, kms.wrap('alias/sqlcrypter', dek));
    });
    const reader = await createCrypterer(kms, { decryptRateLimit: { rps: 0.001, burst: 4 } });
    const outcomes = await Promise.all(ciphertexts.map((ciphertext) => outcomeOf(reader.decrypt(ciphertext))));
    expect(outcomes).toEqual([...Array(4).fill('ok'), ...Array(6).fill('KMS_RATE_LIMITED')]);
    expect(kms.countCalls('Decrypt')).toBe(4);

    const error = await errorOf(reader.decrypt(ciphertexts[9] as Buffer));
    expect(error.retryable).toBe(true);
    expect(error.message).toContain('429');
    expect(kms.countCalls('Decrypt')).toBe(4);
    expect(reader.stats().events['rate-limited']).toBe(7);
  });

  it('does not touch what is in memory, nor data keys that are made', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(Buffer.from('value'));
    const crypterer = await createCrypterer(kms, {
      decryptRateLimit: { rps: 0.001, burst: 1 },
      dekLimits: { maxValues: 1 },
    });
    for (let i = 0; i < 10; i++) {
      await crypterer.decrypt(ciphertext);
      await crypterer.decrypt(await crypterer.encrypt(Buffer.from('value')));
    }
    expect(kms.countCalls('Decrypt')).toBe(1);
    expect(crypterer.stats().events['rate-limited']).toBe(0);
  });

  it('counts one unwrap for all who wait for the same key, and none for what is known to fail', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(Buffer.from('value'));
    const foreign = await (await createCrypterer(kms, { keyId: kms.createKey() })).encrypt(Buffer.from('value'));
    const reader = await createCrypterer(kms, { decryptRateLimit: { rps: 0.001, burst: 2 } });
    await Promise.all(Array.from({ length: 50 }, () => reader.decrypt(ciphertext)));
    for (let i = 0; i < 5; i++) expect(await codeOf(reader.decrypt(foreign))).toBe('KMS_WRONG_KEY');
    expect(reader.stats().events['rate-limited']).toBe(0);
  });

  it('fills up again by `rps` a second, to `burst` and no further', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const reader = await createEnvelope(kms, { generate: 'never', decryptRateLimit: { rps: 2, burst: 3 } });
    const admitted = async () => {
      const outcomes: string[] = [];
      for (let i = 0; i < 10; i++) {
        const dek = randomBytes(32);
        outcomes.push(await outcomeOf(reader.decrypt(frameUnder(dek, kms.wrap(dek), { provider: kms.provider }))));
      }
      return outcomes.filter((outcome) => outcome === 'ok').length;
    };
    expect(await admitted()).toBe(3);
    vi.advanceTimersByTime(499);
    expect(await admitted()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(await admitted()).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(await admitted()).toBe(2);
    vi.advanceTimersByTime(3_600_000);
    expect(await admitted()).toBe(3);
  });

  it('is off by default', async () => {
    const kms = new MemoryKms();
    const reader = await createEnvelope(kms, { generate: 'never' });
    for (let i = 0; i < 500; i++) {
      const dek = randomBytes(32);
      await reader.decrypt(frameUnder(dek, kms.wrap(dek), { provider: kms.provider }));
    }
    expect(reader.stats()).toMatchObject({ unwrapCalls: 500, events: { 'rate-limited': 0 } });
  });
});
