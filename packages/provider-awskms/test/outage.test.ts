import { expect, it, vi } from 'vitest';
import { codeOf } from './support/error-code.js';
import { DAY, fakeClocks, HOUR, MINUTE, settle } from './support/fake-time.js';
import { createCrypterer, startKms } from './support/local-kms.js';

const value = Buffer.from('value');
const SECOND = 1_000;

it('in an outage of ten minutes writing goes on, known values are read, a new process starts, and all recovers', async () => {
  const kms = await startKms();
  const writtenBefore = await (await createCrypterer(kms)).encrypt(value);
  const unread = await (await createCrypterer(kms)).encrypt(value);
  fakeClocks();
  // Both the data key to write with and those in memory come of age during the outage.
  const running = await createCrypterer(kms, { dekLimits: { maxAge: 6 * MINUTE }, dekCache: { ttl: 5 * MINUTE } });
  await running.decrypt(writtenBefore);

  kms.setFault('*', { cut: true });
  kms.clearCalls();
  const started = await createCrypterer(kms, { generate: 'first-use', keyId: kms.arnOf('alias/sqlcrypter') });
  const writtenDuring: Buffer[] = [];
  for (let elapsed = 0; elapsed < 10 * MINUTE; elapsed += SECOND) {
    vi.advanceTimersByTime(SECOND);
    writtenDuring.push(running.encryptSync(value), await running.encrypt(value));
    expect(running.decryptSync(writtenBefore)).toEqual(value);
    expect(await running.decrypt(writtenBefore)).toEqual(value);
    if (elapsed % MINUTE === 0) {
      expect(await codeOf(running.decrypt(unread))).toBe('KMS_UNAVAILABLE');
      expect(await codeOf(started.decrypt(writtenBefore))).toBe('KMS_UNAVAILABLE');
      expect(await codeOf(started.encrypt(value))).toBe('KMS_UNAVAILABLE');
      expect(await codeOf(createCrypterer(kms))).toBe('KMS_UNAVAILABLE');
    }
    await settle();
  }
  expect(running.stats().events).toMatchObject({ evicted: 0, refresh: 0, renewed: 1 });
  expect(running.stats().events.stale).toBeGreaterThan(500);
  // Asking goes on, and not with every value: 40 calls are those of this test, once a minute.
  expect(kms.countCalls()).toBeGreaterThan(50);
  expect(kms.countCalls()).toBeLessThan(110);

  kms.clearFaults();
  expect(await running.decrypt(unread)).toEqual(value);
  vi.advanceTimersByTime(MINUTE);
  running.encryptSync(value);
  running.decryptSync(writtenBefore);
  await vi.waitUntil(() => running.stats().events.refresh === 1 && running.stats().events.renewed === 2, {
    timeout: 20_000,
  });
  const writtenAfter = await running.encrypt(value);

  expect(await started.decrypt(await started.encrypt(value))).toEqual(value);
  for (const ciphertext of [writtenBefore, ...writtenDuring, writtenAfter]) {
    expect(await started.decrypt(ciphertext)).toEqual(value);
  }
  const sync = await createCrypterer(kms);
  expect(sync.decryptSync(sync.encryptSync(value))).toEqual(value);
});

it('a clock that is set forward or back takes nothing away that cannot be had again', async () => {
  const kms = await startKms();
  const ciphertext = await (await createCrypterer(kms)).encrypt(value);
  fakeClocks();
  const now = Date.now();
  for (const jump of [1, -1, HOUR, -HOUR, DAY, -DAY, 400 * DAY, -400 * DAY]) {
    vi.setSystemTime(now);
    const crypterer = await createCrypterer(kms, { decryptRateLimit: { rps: 1, burst: 10 } });
    await crypterer.decrypt(ciphertext);
    const own = await crypterer.encrypt(value);
    vi.setSystemTime(now + jump);
    expect(await crypterer.decrypt(ciphertext)).toEqual(value);
    expect(await crypterer.decrypt(own)).toEqual(value);
    expect(await crypterer.decrypt(await crypterer.encrypt(value))).toEqual(value);
    crypterer.encryptSync(value);
    vi.setSystemTime(now);
    expect(await crypterer.decrypt(ciphertext)).toEqual(value);
    crypterer.encryptSync(value);
    await settle();
  }
});

it('a clock that was set back a year does not make a data key live a year longer', async () => {
  const kms = await startKms();
  fakeClocks();
  const crypterer = await createCrypterer(kms, { dekLimits: { maxAge: HOUR } });
  vi.setSystemTime(Date.now() - 365 * DAY);
  vi.advanceTimersByTime(2 * HOUR);
  expect(await codeOf(() => crypterer.encryptSync(value))).toBe('DEK_EXHAUSTED');
});

it('a machine that slept, whose monotonic clock stood still, finds its data key too old', async () => {
  const kms = await startKms();
  fakeClocks();
  const crypterer = await createCrypterer(kms, { dekLimits: { maxAge: HOUR } });
  vi.setSystemTime(Date.now() + 2 * HOUR);
  expect(await codeOf(() => crypterer.encryptSync(value))).toBe('DEK_EXHAUSTED');
  await crypterer.encrypt(value);
  crypterer.encryptSync(value);
});
