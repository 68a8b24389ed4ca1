import { randomBytes } from 'node:crypto';
import { decryptMany } from '@sqlcrypter/core';
import type { LocalKms } from '@sqlcrypter/local-kms';
import { describe, expect, it, vi } from 'vitest';
import { codeOf, outcomeOf } from './support/error-code.js';
import { fakeClocks, fakeTime, MINUTE } from './support/fake-time.js';
import { FINGERPRINT_OFFSET, frameUnder, garbageFrame, WRAPPED_OFFSET } from './support/frames.js';
import { createCrypterer, startKms } from './support/local-kms.js';
import { createEnvelope, MemoryKms } from './support/memory-kms.js';

const value = Buffer.from('value');

/** The most Decrypt calls that had arrived at the KMS and were not answered, looked at every millisecond. */
function watchInFlight(kms: LocalKms): () => number {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, kms.calls.filter(({ status }) => status === undefined).length);
  }, 1);
  return () => {
    clearInterval(timer);
    return most;
  };
}

describe('the number of KMS calls', () => {
  it('is 1 for 1,000 concurrent reads of one unknown data key', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    const reader = await createCrypterer(kms);
    const reads = Array.from({ length: 1_000 }, () => reader.decrypt(ciphertext));
    for (const plaintext of await Promise.all(reads)) expect(plaintext).toEqual(value);
    expect(kms.countCalls('Decrypt')).toBe(1);
  });

  it('is 50 for 1,000 values under 50 data keys, at most 8 of them under way', async () => {
    const kms = await startKms();
    const keys = Array.from({ length: 50 }, () => {
      const dek = randomBytes(32);
      return { dek, wrapped: kms.wrap('alias/sqlcrypter', dek) };
    });
    const items = Array.from({ length: 1_000 }, (_, index) => {
      const { dek, wrapped } = keys[index % 50] as (typeof keys)[number];
      return { ciphertext: frameUnder(dek, wrapped, { plaintext: Buffer.from(`value ${index}`) }) };
    });
    const reader = await createCrypterer(kms);
    kms.setFault('Decrypt', { latency: 25 });
    const most = watchInFlight(kms);
    const plaintexts = await decryptMany(items, { crypterer: reader });
    expect(plaintexts.map(String)).toEqual(items.map((_, index) => `value ${index}`));
    expect(kms.countCalls('Decrypt')).toBe(50);
    expect(most()).toBe(8);
  });

  it('is at most 8 under way for single reads and several batches together', async () => {
    const kms = new MemoryKms();
    kms.before = () => new Promise((resolve) => setTimeout(resolve, 1));
    const ciphertexts = Array.from({ length: 200 }, () => {
      const dek = randomBytes(32);
      return frameUnder(dek, kms.wrap(dek), { provider: kms.provider });
    });
    const reader = await createEnvelope(kms, { generate: 'never' });
    await Promise.all([
      decryptMany(
        ciphertexts.slice(0, 100).map((ciphertext) => ({ ciphertext })),
        { crypterer: reader },
      ),
      decryptMany(
        ciphertexts.slice(50, 150).map((ciphertext) => ({ ciphertext })),
        { crypterer: reader },
      ),
      ...ciphertexts.map((ciphertext) => reader.decrypt(ciphertext)),
    ]);
    expect(kms.calls.unwrap).toBe(200);
    expect(kms.mostAtOnce.unwrap).toBe(8);
  });

  it('is 0 for what this process wrote itself', async () => {
    const kms = await startKms();
    const crypterer = await createCrypterer(kms);
    expect(await crypterer.decrypt(await crypterer.encrypt(value))).toEqual(value);
    expect(crypterer.decryptSync(crypterer.encryptSync(value))).toEqual(value);
    expect(kms.countCalls('Decrypt')).toBe(0);
  });
});

describe('garbage', () => {
  it('of 100,000 wrapped keys costs no more than the budget, and the hot key stays in memory', async () => {
    const kms = await startKms();
    const hot = await (await createCrypterer(kms)).encrypt(value);
    // So small that one key more would push the hot one out.
    const crypterer = await createCrypterer(kms, {
      decryptRateLimit: { rps: 0.001, burst: 20 },
      dekCache: { maxSize: 172 },
    });
    await crypterer.decrypt(hot);
    const outcomes = new Map<string, number>();
    for (let batch = 0; batch < 1_000; batch++) {
      const blobs = randomBytes(100 * 140);
      const frames = Array.from({ length: 100 }, (_, at) => garbageFrame(blobs.subarray(140 * at, 140 * (at + 1))));
      for (const outcome of await Promise.all(frames.map((frame) => outcomeOf(crypterer.decrypt(frame))))) {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }
    expect(kms.countCalls('Decrypt')).toBe(20);
    expect(outcomes.get('KMS_RATE_LIMITED')).toBe(100_000 - 19);
    expect(outcomes.get('ok')).toBeUndefined();
    expect(crypterer.decryptSync(hot)).toEqual(value);
    expect(crypterer.stats().cachedKeys).toBe(1);
  });

  it('read again and again costs one call for a minute, asynchronously, synchronously and in batches', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const garbage = garbageFrame(randomBytes(60), kms.provider);
    const reader = await createEnvelope(kms, { generate: 'never' });
    expect(await codeOf(() => reader.decryptSync(garbage))).toBe('KEY_NOT_LOADED');
    for (let i = 0; i < 10; i++) expect(await codeOf(reader.decrypt(garbage))).toBe('KMS_INVALID_BLOB');
    expect(await codeOf(() => reader.decryptSync(garbage))).toBe('KMS_INVALID_BLOB');
    expect(await codeOf(reader.loadKeys([garbage]))).toBe('KMS_INVALID_BLOB');
    expect(kms.calls.unwrap).toBe(1);
    expect(reader.stats().events.negative).toBe(11);

    vi.advanceTimersByTime(MINUTE + 1);
    expect(await codeOf(reader.decrypt(garbage))).toBe('KMS_INVALID_BLOB');
    expect(kms.calls.unwrap).toBe(2);
  });

  it('that AWS cannot even take, being too long, costs no call', async () => {
    const kms = await startKms();
    const reader = await createCrypterer(kms);
    expect(await codeOf(reader.decrypt(garbageFrame(randomBytes(6_145))))).toBe('KMS_INVALID_BLOB');
    expect(kms.countCalls('Decrypt')).toBe(0);
    expect(await codeOf(reader.decrypt(garbageFrame(randomBytes(6_144))))).not.toBe('ok');
    expect(kms.countCalls('Decrypt')).toBe(1);
  });
});

describe('a genuine wrapped key in a frame that names another key', () => {
  it('costs one call once, and then none, whoever reads it', async () => {
    const kms = await startKms();
    const genuine = await (await createCrypterer(kms)).encrypt(value);
    const forged = Buffer.from(genuine);
    randomBytes(16).copy(forged, FINGERPRINT_OFFSET);
    const reader = await createCrypterer(kms);
    for (let i = 0; i < 10; i++) expect(await codeOf(reader.decrypt(forged))).toBe('KEY_COMMITMENT');
    expect(await codeOf(() => reader.decryptSync(forged))).toBe('KEY_COMMITMENT');
    expect(kms.countCalls('Decrypt')).toBe(1);
    expect(reader.stats().cachedKeys).toBe(1);

    // Another forged one with the same wrapped key costs nothing either, and the genuine one is readable.
    const second = Buffer.from(forged);
    randomBytes(16).copy(second, FINGERPRINT_OFFSET);
    expect(await codeOf(reader.decrypt(second))).toBe('KEY_COMMITMENT');
    expect(kms.countCalls('Decrypt')).toBe(1);
    expect(await reader.decrypt(genuine)).toEqual(value);
    expect(await codeOf(reader.decrypt(forged))).toBe('KEY_COMMITMENT');
    expect(kms.countCalls('Decrypt')).toBe(2);
  });

  it('costs no call where the key is in memory', async () => {
    const kms = await startKms();
    const crypterer = await createCrypterer(kms);
    const forged = Buffer.from(await crypterer.encrypt(value));
    forged[FINGERPRINT_OFFSET] = (forged[FINGERPRINT_OFFSET] as number) ^ 1;
    expect(await codeOf(crypterer.decrypt(forged))).toBe('KEY_COMMITMENT');
    expect(kms.countCalls('Decrypt')).toBe(0);
  });

  it('does not get a key into memory by another one’s wrapped form', async () => {
    const kms = await startKms();
    const [first, second] = await Promise.all([createCrypterer(kms), createCrypterer(kms)]);
    const mine = await first.encrypt(value);
    const other = await second.encrypt(value);
    const spliced = Buffer.from(mine);
    other.copy(spliced, WRAPPED_OFFSET, WRAPPED_OFFSET, WRAPPED_OFFSET + 140);
    expect(await codeOf(first.decrypt(spliced))).toBe('KEY_COMMITMENT');
    expect(first.stats().cachedKeys).toBe(1);
  });
});

describe('what is known to fail', () => {
  it.each([
    ['KMS_DENIED', 'AccessDeniedException'],
    ['KEY_DISABLED', 'DisabledException'],
    ['KEY_NOT_FOUND', 'NotFoundException'],
  ])('for %s is known for five seconds', async (code, exception) => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    const reader = await createCrypterer(kms);
    kms.setFault('Decrypt', { exception });
    fakeClocks();
    for (let i = 0; i < 5; i++) expect(await codeOf(reader.decrypt(ciphertext))).toBe(code);
    expect(kms.countCalls('Decrypt')).toBe(1);
    kms.clearFaults();
    vi.advanceTimersByTime(5_000);
    expect(await codeOf(reader.decrypt(ciphertext))).toBe(code);
    vi.advanceTimersByTime(1);
    expect(await reader.decrypt(ciphertext)).toEqual(value);
  });

  it.each(['ThrottlingException', 'KMSInternalException', 'DependencyTimeoutException'])(
    'is never a %s: each read asks again',
    async (exception) => {
      const kms = await startKms();
      const ciphertext = await (await createCrypterer(kms)).encrypt(value);
      const reader = await createCrypterer(kms);
      kms.setFault('Decrypt', { exception, times: 3 });
      for (let i = 0; i < 3; i++) await codeOf(reader.decrypt(ciphertext));
      expect(await reader.decrypt(ciphertext)).toEqual(value);
      expect(kms.countCalls('Decrypt')).toBe(4);
    },
  );

  it('is bounded: of more than 10,000 failures the oldest is forgotten', async () => {
    const kms = new MemoryKms();
    const reader = await createEnvelope(kms, { generate: 'never' });
    const first = garbageFrame(randomBytes(60), kms.provider);
    await codeOf(reader.decrypt(first));
    for (let i = 0; i < 10_000; i++) await codeOf(reader.decrypt(garbageFrame(randomBytes(60), kms.provider)));
    // The oldest has been pushed out: it is asked for again.
    const calls = kms.calls.unwrap;
    expect(await codeOf(reader.decrypt(first))).toBe('KMS_INVALID_BLOB');
    expect(kms.calls.unwrap).toBe(calls + 1);
  });
});
