import { describe, expect, it, vi } from 'vitest';
import { codeOf } from './support/error-code.js';
import { fakeTime, HOUR, settle } from './support/fake-time.js';
import { createEnvelope, MemoryKms } from './support/memory-kms.js';

describe('forgetKeys', () => {
  it('makes the next read of each key ask the KMS, also of what this process wrote; writing goes on', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms);
    const ciphertext = await crypterer.encrypt(Buffer.from('value'));
    crypterer.decryptSync(ciphertext);
    expect(kms.calls).toEqual({ generate: 1, unwrap: 0 });

    crypterer.forgetKeys();
    expect(crypterer.stats()).toMatchObject({ cachedKeys: 0, cachedBytes: 0 });
    expect(await codeOf(() => crypterer.decryptSync(ciphertext))).toBe('KEY_NOT_LOADED');
    const second = crypterer.encryptSync(Buffer.from('second'));
    expect((await crypterer.decrypt(ciphertext)).toString()).toBe('value');
    expect(crypterer.decryptSync(second).toString()).toBe('second');
    expect(kms.calls).toEqual({ generate: 1, unwrap: 1 });
  });

  it('leaves what a lease holds, until the lease is disposed', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms);
    const ciphertext = await crypterer.encrypt(Buffer.from('value'));
    const lease = await crypterer.loadKeys([ciphertext]);
    crypterer.forgetKeys();
    expect(crypterer.decryptSync(ciphertext).toString()).toBe('value');
    lease.dispose();
    expect(await codeOf(() => crypterer.decryptSync(ciphertext))).toBe('KEY_NOT_LOADED');
  });

  it('forgets what is known to fail, too', async () => {
    const kms = new MemoryKms();
    const ciphertext = await (await createEnvelope(new MemoryKms())).encrypt(Buffer.from('value'));
    const crypterer = await createEnvelope(kms);
    for (let i = 0; i < 3; i++) expect(await codeOf(crypterer.decrypt(ciphertext))).toBe('KMS_INVALID_BLOB');
    crypterer.forgetKeys();
    expect(await codeOf(crypterer.decrypt(ciphertext))).toBe('KMS_INVALID_BLOB');
    expect(kms.calls.unwrap).toBe(2);
  });

  it('during a renewal and twice in a row changes nothing of what is written', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxValues: 2 } });
    const first = crypterer.encryptSync(Buffer.from('first'));
    const second = crypterer.encryptSync(Buffer.from('second'));
    const third = crypterer.encryptSync(Buffer.from('third'));
    crypterer.forgetKeys();
    crypterer.forgetKeys();
    await settle();
    const fourth = crypterer.encryptSync(Buffer.from('fourth'));
    crypterer.forgetKeys();
    const texts = await Promise.all([first, second, third, fourth].map((each) => crypterer.decrypt(each)));
    expect(texts.map(String)).toEqual(['first', 'second', 'third', 'fourth']);
    expect(kms.calls).toEqual({ generate: 2, unwrap: 2 });
  });

  it('does not give a key that this process wrote with a second life at its renewal', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxValues: 3 } });
    const ciphertext = crypterer.encryptSync(Buffer.from('value'));
    using lease = await crypterer.loadKeys([ciphertext]);
    expect(lease.failures.size).toBe(0);
    crypterer.forgetKeys();
    vi.advanceTimersByTime(HOUR - 1);
    for (let i = 0; i < 4; i++) crypterer.encryptSync(Buffer.from('value'));
    await settle();
    expect(kms.calls.generate).toBe(2);
    vi.advanceTimersByTime(2);
    crypterer.decryptSync(ciphertext);
    await settle();
    expect(kms.calls.unwrap).toBe(1);
  });

  it('gives the key that was written with before its time to live from its renewal on', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxValues: 3 } });
    const ciphertext = crypterer.encryptSync(Buffer.from('value'));
    vi.advanceTimersByTime(5 * HOUR);
    crypterer.decryptSync(ciphertext);
    for (let i = 0; i < 3; i++) crypterer.encryptSync(Buffer.from('value'));
    await settle();
    crypterer.decryptSync(ciphertext);
    vi.advanceTimersByTime(HOUR);
    crypterer.decryptSync(ciphertext);
    await settle();
    expect(kms.calls.unwrap).toBe(0);
    vi.advanceTimersByTime(1);
    crypterer.decryptSync(ciphertext);
    await settle();
    expect(kms.calls.unwrap).toBe(1);
  });
});
