import { SqlcrypterError } from '@sqlcrypter/core';
import { describe, expect, it, vi } from 'vitest';
import { codeOf, errorOf } from './support/error-code.js';
import { fakeTime, HOUR, MINUTE, settle } from './support/fake-time.js';
import { WRAPPED_OFFSET } from './support/frames.js';
import { createCrypterer, startKms } from './support/local-kms.js';
import { beDown, createEnvelope, hang, MemoryKms, WRAPPED_LENGTH } from './support/memory-kms.js';

const value = Buffer.alloc(10);
const LOCAL_KMS_WRAPPED_LENGTH = 140;

/** How many values each data key has encrypted. */
function valuesPerKey(ciphertexts: readonly Buffer[], wrappedLength = WRAPPED_LENGTH): number[] {
  const counts = new Map<string, number>();
  for (const ciphertext of ciphertexts) {
    const wrapped = ciphertext.toString('hex', WRAPPED_OFFSET, WRAPPED_OFFSET + wrappedLength);
    counts.set(wrapped, (counts.get(wrapped) ?? 0) + 1);
  }
  return [...counts.values()];
}

describe('the data key to write with', () => {
  it('is renewed in the background between 70 and 90 percent of a soft limit, and writers do not wait', async () => {
    const renewedAt = new Set<number>();
    for (let run = 0; run < 40; run++) {
      const kms = new MemoryKms();
      const crypterer = await createEnvelope(kms, { dekLimits: { maxValues: 100 } });
      let values = 0;
      while (kms.calls.generate === 1) {
        crypterer.encryptSync(value);
        values += 1;
      }
      renewedAt.add(values);
      await settle();
      crypterer.encryptSync(value);
      expect(crypterer.stats().currentKey?.values).toBe(1);
    }
    // The value that finds the limit reached is the one after it.
    expect(Math.min(...renewedAt)).toBeGreaterThanOrEqual(71);
    expect(Math.max(...renewedAt)).toBeLessThanOrEqual(91);
    expect(renewedAt.size).toBeGreaterThan(3);
  });

  it('is renewed by plaintext bytes', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxBytes: 1_000 } });
    for (let i = 0; i < 70; i++) crypterer.encryptSync(value);
    expect(kms.calls.generate).toBe(1);
    for (let i = 0; i < 21; i++) crypterer.encryptSync(value);
    await settle();
    expect(kms.calls.generate).toBe(2);
  });

  it('is renewed by age, the idle one at its next use', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxAge: HOUR } });
    vi.advanceTimersByTime(0.69 * HOUR);
    crypterer.encryptSync(value);
    await settle();
    expect(kms.calls.generate).toBe(1);
    vi.advanceTimersByTime(0.22 * HOUR);
    await settle();
    expect(kms.calls.generate).toBe(1);
    crypterer.encryptSync(value);
    await settle();
    expect(kms.calls.generate).toBe(2);
    expect(crypterer.stats().currentKey).toEqual({ values: 0, bytes: 0, age: 0 });
  });

  it.each([
    ['values', { maxValues: 10 }],
    ['bytes', { maxBytes: 100 }],
  ])(
    'goes on to twice the soft limit of %s while the KMS is down, then answers DEK_EXHAUSTED',
    async (_, dekLimits) => {
      const kms = new MemoryKms();
      const crypterer = await createEnvelope(kms, { dekLimits });
      kms.before = beDown;
      for (let i = 0; i < 20; i++) crypterer.encryptSync(value);
      expect(await codeOf(() => crypterer.encryptSync(value))).toBe('DEK_EXHAUSTED');
      const error = await errorOf(crypterer.encrypt(value));
      expect(error).toMatchObject({ code: 'DEK_EXHAUSTED', retryable: true, cause: { name: 'KMS_UNAVAILABLE' } });
      expect(crypterer.stats().currentKey?.values).toBe(20);
    },
  );

  it('goes on to exactly twice its limit while AWS answers nothing, then recovers, over HTTP', async () => {
    const kms = await startKms();
    const crypterer = await createCrypterer(kms, { dekLimits: { maxValues: 10 } });
    kms.setFault('GenerateDataKey', { cut: true });
    for (let i = 0; i < 10; i++) {
      crypterer.encryptSync(value);
      await crypterer.encrypt(value);
    }
    expect(await codeOf(() => crypterer.encryptSync(value))).toBe('DEK_EXHAUSTED');
    expect(await codeOf(crypterer.encrypt(value))).toBe('DEK_EXHAUSTED');
    expect(crypterer.stats().currentKey?.values).toBe(20);
    kms.clearFaults();
    await crypterer.encrypt(value);
    expect(crypterer.stats().currentKey?.values).toBe(1);
  });

  it('goes on to twice the age while the KMS is down, then answers DEK_EXHAUSTED, then recovers', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxAge: HOUR } });
    kms.before = beDown;
    vi.advanceTimersByTime(2 * HOUR - 1);
    crypterer.encryptSync(value);
    vi.advanceTimersByTime(1);
    expect(await codeOf(() => crypterer.encryptSync(value))).toBe('DEK_EXHAUSTED');
    expect(await codeOf(crypterer.encrypt(value))).toBe('DEK_EXHAUSTED');
    kms.before = () => undefined;
    await crypterer.encrypt(value);
    crypterer.encryptSync(value);
  });

  it('that a process slept past: an asynchronous writer waits for the next, a synchronous one is told', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxAge: HOUR } });
    vi.advanceTimersByTime(3 * HOUR);
    expect(await codeOf(() => crypterer.encryptSync(value))).toBe('DEK_EXHAUSTED');
    const written = await Promise.all([crypterer.encrypt(value), crypterer.encrypt(value)]);
    expect(valuesPerKey(written)).toEqual([2]);
    expect(kms.calls.generate).toBe(2);
    crypterer.encryptSync(value);
  });

  it('does not go past its hard limit, however many write at once', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxValues: 50 } });
    const written = await Promise.all(Array.from({ length: 1_000 }, () => crypterer.encrypt(value)));
    expect(Math.max(...valuesPerKey(written))).toBeLessThanOrEqual(100);
    expect(kms.mostAtOnce.generate).toBe(1);
  });

  it('that is too old as soon as it is there is DEK_EXHAUSTED, not a call without end', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { generate: 'first-use', dekLimits: { maxAge: Number.MIN_VALUE } });
    expect(await codeOf(crypterer.encrypt(value))).toBe('DEK_EXHAUSTED');
    expect(kms.calls.generate).toBe(1);
  });

  it('has no gap and one call at a time under 10,000 concurrent writers, over HTTP', async () => {
    const kms = await startKms();
    const crypterer = await createCrypterer(kms, { dekLimits: { maxValues: 1_000 } });
    kms.setFault('GenerateDataKey', { latency: 3 });
    let mostAtOnce = 0;
    const written = await Promise.all(
      Array.from({ length: 10_000 }, async (_, index) => {
        // Spread over some turns of the event loop, as requests are.
        for (let turn = 0; turn < index % 40; turn++) await new Promise((resolve) => setImmediate(resolve));
        mostAtOnce = Math.max(mostAtOnce, kms.calls.filter(({ status }) => status === undefined).length);
        return crypterer.encrypt(value);
      }),
    );
    const counts = valuesPerKey(written, LOCAL_KMS_WRAPPED_LENGTH);
    expect(written).toHaveLength(10_000);
    expect(Math.max(...counts)).toBeLessThanOrEqual(2_000);
    expect(mostAtOnce).toBe(1);
    expect(kms.countCalls('GenerateDataKey')).toBeLessThanOrEqual(1 + Math.ceil(10_000 / 700));
    expect(kms.countCalls('GenerateDataKey')).toBeGreaterThanOrEqual(5);
    const reader = await createCrypterer(kms);
    using lease = await reader.loadKeys(written);
    expect(lease.failures.size).toBe(0);
    for (const ciphertext of written) expect(reader.decryptSync(ciphertext)).toEqual(value);
  });

  it('is not asked for without pause while renewals fail', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxValues: 1_000 } });
    kms.before = beDown;
    for (let i = 0; i < 900; i++) crypterer.encryptSync(value);
    await settle();
    for (let i = 0; i < 100; i++) {
      crypterer.encryptSync(value);
      await settle();
    }
    expect(kms.calls.generate).toBe(2);
    // Doubling pauses between half a second and a minute: nine or ten attempts in ten minutes and not 600.
    for (let second = 0; second < 600; second++) {
      vi.advanceTimersByTime(1_000);
      crypterer.encryptSync(value);
      await settle();
    }
    expect(kms.calls.generate).toBeGreaterThan(10);
    expect(kms.calls.generate).toBeLessThan(30);
    kms.before = () => undefined;
    vi.advanceTimersByTime(MINUTE);
    crypterer.encryptSync(value);
    await settle();
    expect(crypterer.stats().currentKey?.values).toBe(0);
  });

  it('that hangs in its renewal ends at the deadline, and the next attempt follows', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxValues: 10 } });
    kms.before = hang;
    for (let i = 0; i < 12; i++) crypterer.encryptSync(value);
    await vi.advanceTimersByTimeAsync(2_000);
    kms.before = () => undefined;
    await vi.advanceTimersByTimeAsync(1_000);
    crypterer.encryptSync(value);
    await settle();
    crypterer.encryptSync(value);
    expect(kms.calls.generate).toBe(3);
    expect(crypterer.stats().currentKey?.values).toBe(1);
  });
});

describe("with generate: 'first-use'", () => {
  it('a process starts while the KMS is down, and asks at the first asynchronous value', async () => {
    const kms = new MemoryKms();
    kms.before = beDown;
    const crypterer = await createEnvelope(kms, { generate: 'first-use' });
    expect(kms.calls.generate).toBe(0);
    expect(await codeOf(() => crypterer.encryptSync(value))).toBe('KEY_NOT_LOADED');
    expect(await codeOf(crypterer.encrypt(value))).toBe('KMS_UNAVAILABLE');
    kms.before = () => undefined;
    await Promise.all(Array.from({ length: 100 }, () => crypterer.encrypt(value)));
    crypterer.encryptSync(value);
    expect(kms.calls.generate).toBe(2);
  });
});

describe("with generate: 'never'", () => {
  it('a process reads, encrypting is UNSUPPORTED, and no data key is ever made', async () => {
    const kms = new MemoryKms();
    const ciphertext = await (await createEnvelope(kms)).encrypt(value);
    const reader = await createEnvelope(kms, { generate: 'never' });
    expect(await reader.decrypt(ciphertext)).toEqual(value);
    expect(await codeOf(reader.encrypt(value))).toBe('UNSUPPORTED');
    expect(await codeOf(() => reader.encryptSync(value))).toBe('UNSUPPORTED');
    expect(kms.calls.generate).toBe(1);
    expect(reader.stats().currentKey).toBeUndefined();
  });
});

describe("with generate: 'start'", () => {
  it.each(['KMS_DENIED', 'KEY_NOT_FOUND', 'KEY_DISABLED', 'KMS_UNAVAILABLE', 'CONFIG'] as const)(
    'a process does not start where the first data key ends in %s',
    async (code) => {
      const kms = new MemoryKms();
      kms.before = () => {
        throw new SqlcrypterError(code, 'No key.');
      };
      expect(await codeOf(createEnvelope(kms))).toBe(code);
    },
  );
});
