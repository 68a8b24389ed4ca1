import { describe, expect, it, vi } from 'vitest';
import { createAwsKmsCrypterer } from '../src/index.js';
import { codeOf, errorOf } from './support/error-code.js';
import { fakeTime, settle } from './support/fake-time.js';
import { clientOf, createCrypterer, startKms } from './support/local-kms.js';
import { createEnvelope, hang, MemoryKms } from './support/memory-kms.js';

const ALIAS = 'alias/sqlcrypter';
const value = Buffer.from('value');

describe('requestTimeout', () => {
  it('ends GenerateDataKey at the start, and the crypterer is not made', async () => {
    const kms = await startKms();
    kms.setFault('GenerateDataKey', { hang: true });
    const error = await errorOf(createCrypterer(kms, { requestTimeout: 50 }));
    expect(error).toMatchObject({ code: 'KMS_TIMEOUT', retryable: true });
    expect(error.message).toContain('50 ms');
  });

  it('ends GenerateDataKey at the first use, and the next encrypt tries again', async () => {
    const kms = await startKms();
    const crypterer = await createCrypterer(kms, { requestTimeout: 300, generate: 'first-use' });
    kms.setFault('GenerateDataKey', { hang: true });
    expect(await codeOf(crypterer.encrypt(value))).toBe('KMS_TIMEOUT');
    kms.clearFaults();
    await crypterer.encrypt(value);
  });

  it('ends Decrypt, nothing is remembered of it, and the next read succeeds', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    const reader = await createCrypterer(kms, { requestTimeout: 300 });
    kms.setFault('Decrypt', { hang: true });
    expect(await codeOf(reader.decrypt(ciphertext))).toBe('KMS_TIMEOUT');
    kms.clearFaults();
    expect(await reader.decrypt(ciphertext)).toEqual(value);
  });

  it('covers the retries of the SDK', async () => {
    const kms = await startKms();
    kms.setFault('GenerateDataKey', { status: 500, latency: 30 });
    const client = clientOf(kms, { maxAttempts: 1_000 });
    expect(await codeOf(createAwsKmsCrypterer({ client, keyId: ALIAS, requestTimeout: 700 }))).toBe('KMS_TIMEOUT');
    expect(kms.countCalls()).toBeGreaterThan(1);
    const calls = kms.countCalls();
    // The SDK has been told: it does not go on in the background.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(kms.countCalls()).toBe(calls);
  });

  it('lets the SDK repeat a call that fails and then succeeds within it', async () => {
    const kms = await startKms();
    kms.setFault('GenerateDataKey', { status: 503, times: 2 });
    const crypterer = await createCrypterer(kms, { client: clientOf(kms, { maxAttempts: 3 }), requestTimeout: 30_000 });
    await crypterer.encrypt(value);
    expect(kms.countCalls('GenerateDataKey')).toBe(3);
  });

  it('covers the fallbacks: each hanging service leaves an equal share of what remains', async () => {
    fakeTime();
    const services = [new MemoryKms(), new MemoryKms(), new MemoryKms(), new MemoryKms()];
    for (const service of services) service.before = hang;
    const [primary, ...fallback] = services as [MemoryKms, ...MemoryKms[]];
    const crypterer = await createEnvelope(primary, { generate: 'first-use', fallback, requestTimeout: 2_000 });
    const outcome = codeOf(crypterer.encrypt(value));
    const asked: number[] = [];
    for (let elapsed = 0; elapsed <= 2_000; elapsed += 500) {
      await settle();
      asked.push(services.reduce((calls, service) => calls + service.calls.generate, 0));
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(asked).toEqual([1, 2, 3, 4, 4]);
    expect(await Promise.race([outcome, settle()])).toBe('KMS_TIMEOUT');
  });

  it('starts when the call leaves the queue of eight, not when it enters it', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const ciphertexts: Buffer[] = [];
    for (let i = 0; i < 24; i++) ciphertexts.push(await (await createEnvelope(kms)).encrypt(value));
    const reader = await createEnvelope(kms, { generate: 'never', requestTimeout: 2_000 });
    kms.before = () => new Promise((resolve) => setTimeout(resolve, 1_500));
    const reads = Promise.all(ciphertexts.map((ciphertext) => reader.decrypt(ciphertext)));
    await vi.advanceTimersByTimeAsync(3 * 1_500);
    expect(await reads).toHaveLength(24);
    expect(kms.mostAtOnce.unwrap).toBe(8);
  });
});

describe("the caller's signal", () => {
  it('ends the wait with ABORTED, and the others who wait for the same key get it', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(value);
    const reader = await createCrypterer(kms);
    kms.setFault('Decrypt', { latency: 100 });
    const controller = new AbortController();
    const given = codeOf(reader.decrypt(ciphertext, { signal: controller.signal }));
    const others = [reader.decrypt(ciphertext), reader.decrypt(ciphertext, { signal: AbortSignal.timeout(60_000) })];
    setTimeout(() => controller.abort(new Error('the client went away')), 20);
    expect(await given).toBe('ABORTED');
    for (const plaintext of await Promise.all(others)) expect(plaintext).toEqual(value);
    expect(kms.countCalls('Decrypt')).toBe(1);
  });

  it('of the one who came first does not end the call for those who came later', async () => {
    const kms = new MemoryKms();
    const ciphertext = await (await createEnvelope(kms)).encrypt(value);
    const reader = await createEnvelope(kms, { generate: 'never' });
    let answer: () => void = () => undefined;
    kms.before = () => new Promise<void>((resolve) => (answer = resolve));
    const controller = new AbortController();
    const first = codeOf(reader.decrypt(ciphertext, { signal: controller.signal }));
    const second = reader.decrypt(ciphertext);
    controller.abort();
    await settle();
    answer();
    expect(await first).toBe('ABORTED');
    expect(await second).toEqual(value);
    expect(kms.calls.unwrap).toBe(1);
  });

  it('of every waiter fires: the key is there for the next all the same', async () => {
    const kms = new MemoryKms();
    const ciphertext = await (await createEnvelope(kms)).encrypt(value);
    const reader = await createEnvelope(kms, { generate: 'never' });
    let answer: () => void = () => undefined;
    kms.before = () => new Promise<void>((resolve) => (answer = resolve));
    expect(await codeOf(reader.decrypt(ciphertext, { signal: AbortSignal.timeout(5) }))).toBe('ABORTED');
    answer();
    await settle();
    expect(reader.decryptSync(ciphertext)).toEqual(value);
    expect(kms.calls.unwrap).toBe(1);
  });

  it('ends a wait for the first data key, and the one that comes serves the next writer', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { generate: 'first-use' });
    let answer: () => void = () => undefined;
    kms.before = () => new Promise<void>((resolve) => (answer = resolve));
    expect(await codeOf(crypterer.encrypt(value, { signal: AbortSignal.timeout(5) }))).toBe('ABORTED');
    answer();
    await settle();
    crypterer.encryptSync(value);
    expect(kms.calls.generate).toBe(1);
  });

  it('that has fired is ABORTED before anything else, also where the key is in memory', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms);
    const ciphertext = await crypterer.encrypt(value);
    const signal = AbortSignal.abort();
    const calls = [
      () => crypterer.encrypt(value, { signal }),
      () => crypterer.decrypt(ciphertext, { signal }),
      () => crypterer.encryptSync(value, { signal }),
      () => crypterer.decryptSync(ciphertext, { signal }),
      () => crypterer.loadKeys([ciphertext], { signal }),
    ];
    for (const call of calls) expect(await codeOf(call)).toBe('ABORTED');
  });

  it('ends a load, what is not asked for yet is not asked for, and what comes late is not held', async () => {
    const kms = new MemoryKms();
    const ciphertexts: Buffer[] = [];
    for (let i = 0; i < 20; i++) ciphertexts.push(await (await createEnvelope(kms)).encrypt(value));
    const reader = await createEnvelope(kms, { generate: 'never', dekCache: { maxSize: 1 } });
    let answer: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (answer = resolve));
    kms.before = () => gate;
    expect(await codeOf(reader.loadKeys(ciphertexts, { signal: AbortSignal.timeout(5) }))).toBe('ABORTED');
    answer();
    await settle();
    expect(kms.calls.unwrap).toBe(8);
    for (const ciphertext of ciphertexts) {
      expect(await codeOf(() => reader.decryptSync(ciphertext))).toBe('KEY_NOT_LOADED');
    }
  });
});
