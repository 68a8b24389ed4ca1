import { SqlcrypterError } from '@sqlcrypter/core';
import { describe, expect, it, vi } from 'vitest';
import { codeOf } from './support/error-code.js';
import { DAY, fakeTime, HOUR, settle } from './support/fake-time.js';
import { beDown, createEnvelope, MemoryKms } from './support/memory-kms.js';

describe('the key that a process writes with', () => {
  it('is not asked for again while it can be renewed', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms);
    const value = await crypterer.encrypt(Buffer.from('value'));
    vi.advanceTimersByTime(5 * HOUR);
    expect(crypterer.decryptSync(value).toString()).toBe('value');
    await settle();
    expect(kms.calls).toEqual({ generate: 1, unwrap: 0 });
  });

  it('is read with no longer than others once the KMS has refused to renew it', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms);
    const value = await crypterer.encrypt(Buffer.from('value'));
    kms.before = () => {
      throw new SqlcrypterError('KEY_DISABLED', 'The key is disabled.');
    };
    vi.advanceTimersByTime(DAY);
    await crypterer.encrypt(Buffer.from('renewal is due'));
    await settle();
    expect(crypterer.decryptSync(value).toString()).toBe('value');
    await settle();
    expect(await codeOf(() => crypterer.decryptSync(value))).toBe('KEY_DISABLED');
    expect(await codeOf(crypterer.decrypt(value))).toBe('KEY_DISABLED');
  });

  it('is read with on and on while the KMS is only down', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms);
    const value = await crypterer.encrypt(Buffer.from('value'));
    kms.before = beDown;
    vi.advanceTimersByTime(DAY);
    await crypterer.encrypt(Buffer.from('renewal is due'));
    await settle();
    for (let i = 0; i < 3; i++) {
      expect(crypterer.decryptSync(value).toString()).toBe('value');
      await settle();
    }
  });
});
