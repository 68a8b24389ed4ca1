import { randomBytes } from 'node:crypto';
import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';
import { describe, expect, it, vi } from 'vitest';
import { codeOf, outcomeOf } from './support/error-code.js';
import { DAY, fakeTime, HOUR, MINUTE, settle } from './support/fake-time.js';
import { frameUnder } from './support/frames.js';
import { beDown, createEnvelope, hang, MemoryKms, type Operation } from './support/memory-kms.js';

/** A reader with a value in its cache, under fake time. */
async function withCachedKey(options: Parameters<typeof createEnvelope>[1] = {}) {
  fakeTime();
  const kms = new MemoryKms();
  const ciphertext = await (await createEnvelope(kms)).encrypt(Buffer.from('value'));
  const reader = await createEnvelope(kms, { generate: 'never', ...options });
  await reader.decrypt(ciphertext);
  return { kms, ciphertext, reader };
}

function answerWith(code: ErrorCode) {
  return (operation: Operation) => {
    if (operation === 'unwrap') throw new SqlcrypterError(code, 'As told.');
  };
}

describe('a data key past its time to live', () => {
  it('is used on, at once and also by synchronous calls, while the KMS is asked again in the background', async () => {
    const { kms, ciphertext, reader } = await withCachedKey();
    vi.advanceTimersByTime(HOUR);
    reader.decryptSync(ciphertext);
    await settle();
    expect(kms.calls.unwrap).toBe(1);

    vi.advanceTimersByTime(1);
    expect(reader.decryptSync(ciphertext).toString()).toBe('value');
    expect((await reader.decrypt(ciphertext)).toString()).toBe('value');
    await settle();
    expect(kms.calls.unwrap).toBe(2);
    expect(reader.stats().events).toMatchObject({ stale: 2, refresh: 1, miss: 1, evicted: 0 });

    vi.advanceTimersByTime(HOUR);
    reader.decryptSync(ciphertext);
    await settle();
    expect(kms.calls.unwrap).toBe(2);
  });

  it.each([
    ['KMS_TIMEOUT', 'KEY_NOT_LOADED'],
    ['KMS_THROTTLED', 'KEY_NOT_LOADED'],
    ['KMS_UNAVAILABLE', 'KEY_NOT_LOADED'],
    // These repeat, so they are remembered.
    ['PROVIDER_FAILED', 'PROVIDER_FAILED'],
    ['CONFIG', 'CONFIG'],
    // Nobody took the key away: it is proven to be the right one.
    ['KMS_WRONG_KEY', 'KMS_WRONG_KEY'],
    ['KMS_INVALID_BLOB', 'KMS_INVALID_BLOB'],
  ] as const)('stays where the KMS answers %s, for a day; then it is given up', async (code, afterwards) => {
    const { kms, ciphertext, reader } = await withCachedKey();
    kms.before = answerWith(code);
    vi.advanceTimersByTime(2 * HOUR);
    for (let i = 0; i < 20; i++) {
      reader.decryptSync(ciphertext);
      await settle();
    }
    expect(kms.calls.unwrap).toBe(2);
    vi.advanceTimersByTime(HOUR + DAY - 2 * HOUR);
    reader.decryptSync(ciphertext);
    await settle();
    vi.advanceTimersByTime(1);
    expect(await codeOf(() => reader.decryptSync(ciphertext))).toBe(afterwards);
    expect(reader.stats()).toMatchObject({ cachedKeys: 0, events: { evicted: 1 } });
    expect(await codeOf(reader.decrypt(ciphertext))).toBe(code);
  });

  it.each(['KMS_DENIED', 'KEY_DISABLED', 'KEY_NOT_FOUND'] as const)(
    'is dropped at once where the KMS answers %s, and no further call is made for the next value',
    async (code) => {
      const { kms, ciphertext, reader } = await withCachedKey();
      kms.before = answerWith(code);
      vi.advanceTimersByTime(2 * HOUR);
      reader.decryptSync(ciphertext);
      await settle();
      expect(await codeOf(() => reader.decryptSync(ciphertext))).toBe(code);
      expect(await codeOf(reader.decrypt(ciphertext))).toBe(code);
      expect(kms.calls.unwrap).toBe(2);
      expect(reader.stats()).toMatchObject({ cachedKeys: 0, events: { evicted: 1 } });
    },
  );

  it('stays in use where the KMS now unwraps it to another key, which is not taken', async () => {
    const { kms, ciphertext, reader } = await withCachedKey();
    kms.unwrapDataKey = async () => ({ plaintext: randomBytes(32), keyId: 'memory' });
    vi.advanceTimersByTime(2 * HOUR);
    expect(reader.decryptSync(ciphertext).toString()).toBe('value');
    await settle();
    expect(reader.decryptSync(ciphertext).toString()).toBe('value');
    reader.forgetKeys();
    expect(await codeOf(reader.decrypt(ciphertext))).toBe('KEY_COMMITMENT');
  });

  it('is asked for again half a minute after a failure, not with every value', async () => {
    const { kms, ciphertext, reader } = await withCachedKey();
    kms.before = beDown;
    vi.advanceTimersByTime(2 * HOUR);
    for (let second = 0; second < 600; second++) {
      reader.decryptSync(ciphertext);
      await settle();
      vi.advanceTimersByTime(1_000);
    }
    // Every 15 to 45 seconds.
    expect(kms.calls.unwrap - 1).toBeGreaterThanOrEqual(13);
    expect(kms.calls.unwrap - 1).toBeLessThanOrEqual(40);
    kms.before = () => undefined;
    vi.advanceTimersByTime(MINUTE);
    reader.decryptSync(ciphertext);
    await settle();
    expect(reader.stats().events.refresh).toBe(1);
  });

  it('is used on where the own rate limit forbids asking', async () => {
    const { kms, ciphertext, reader } = await withCachedKey({ decryptRateLimit: { rps: 0.0001, burst: 1 } });
    vi.advanceTimersByTime(HOUR + 1);
    reader.decryptSync(ciphertext);
    await settle();
    expect(reader.decryptSync(ciphertext).toString()).toBe('value');
    expect(kms.calls.unwrap).toBe(1);
    expect(reader.stats().events).toMatchObject({ 'rate-limited': 1, evicted: 0 });
  });

  it('takes no place from a reader of an unknown one, however many wait to be asked for again', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const known = Array.from({ length: 100 }, () => {
      const dek = randomBytes(32);
      return frameUnder(dek, kms.wrap(dek), { provider: kms.provider });
    });
    const unknown = await (await createEnvelope(kms)).encrypt(Buffer.from('value'));
    const reader = await createEnvelope(kms, { generate: 'never' });
    (await reader.loadKeys(known)).dispose();
    vi.advanceTimersByTime(2 * HOUR);
    kms.before = hang;
    for (const ciphertext of known) reader.decryptSync(ciphertext);
    await settle();
    expect(kms.mostAtOnce.unwrap).toBeLessThanOrEqual(8);
    const outcome = outcomeOf(reader.decrypt(unknown));
    await settle();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await Promise.race([outcome, settle().then(() => 'still waits')])).toBe('KMS_TIMEOUT');
  });

  it('that leases hold is served stale, and dropped when it is revoked, like any other', async () => {
    const { kms, ciphertext, reader } = await withCachedKey({ dekCache: { maxSize: 1 } });
    using lease = await reader.loadKeys([ciphertext]);
    expect(lease.failures.size).toBe(0);
    vi.advanceTimersByTime(2 * HOUR);
    kms.before = answerWith('KMS_DENIED');
    expect(reader.decryptSync(ciphertext).toString()).toBe('value');
    await settle();
    expect(await codeOf(() => reader.decryptSync(ciphertext))).toBe('KMS_DENIED');
  });

  it('that is revoked while a lease is made does not come back with the lease', async () => {
    const { kms, ciphertext, reader } = await withCachedKey();
    const slow = await (await createEnvelope(kms)).encrypt(Buffer.from('slow'));
    vi.advanceTimersByTime(2 * HOUR);
    kms.before = async (_operation, _signal, wrapped) => {
      if (ciphertext.includes(Buffer.from(wrapped ?? []))) throw new SqlcrypterError('KMS_DENIED', 'No.');
      await settle();
    };
    using lease = await reader.loadKeys([ciphertext, slow]);
    expect(lease.failures.size).toBe(0);
    expect(reader.decryptSync(slow).toString()).toBe('slow');
    expect(await codeOf(() => reader.decryptSync(ciphertext))).toBe('KMS_DENIED');
  });
});
