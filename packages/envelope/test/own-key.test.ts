import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';
import { describe, expect, it, vi } from 'vitest';
import { codeOf, outcomeOf } from './support/error-code.js';
import { DAY, fakeTime, HOUR, settle } from './support/fake-time.js';
import { FINGERPRINT_OFFSET, goFrameUnder, WRAPPED_OFFSET } from './support/frames.js';
import { createStored, openTable } from './support/key-tables.js';
import { beDown, createEnvelope, MemoryKms, WRAPPED_LENGTH } from './support/memory-kms.js';

/** A day after its start the KMS refuses everything, and first the renewal of the key. */
async function withRefusedRenewal(code: ErrorCode) {
  fakeTime();
  const kms = new MemoryKms();
  const crypterer = await createEnvelope(kms);
  const value = await crypterer.encrypt(Buffer.from('value'));
  kms.before = () => {
    throw new SqlcrypterError(code, 'No.');
  };
  vi.advanceTimersByTime(DAY);
  await crypterer.encrypt(Buffer.from('renewal is due'));
  await settle();
  return { kms, crypterer, value };
}

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

  it('is written with no more once the KMS refuses to unwrap it', async () => {
    const { kms, crypterer, value } = await withRefusedRenewal('KEY_DISABLED');
    crypterer.decryptSync(value);
    await settle();
    expect(await codeOf(() => crypterer.decryptSync(value))).toBe('KEY_DISABLED');
    expect(await codeOf(() => crypterer.encryptSync(Buffer.from('value')))).toBe('KEY_NOT_LOADED');
    expect(await codeOf(crypterer.encrypt(Buffer.from('value')))).toBe('KEY_DISABLED');
    kms.before = () => undefined;
    vi.advanceTimersByTime(5_000);
    const next = await crypterer.encrypt(Buffer.from('next'));
    expect(crypterer.decryptSync(next).toString()).toBe('next');
  });

  it('is given up by a process that only writes, too', async () => {
    const { crypterer } = await withRefusedRenewal('KEY_DISABLED');
    await crypterer.encrypt(Buffer.from('the next use asks'));
    await settle();
    expect(await codeOf(crypterer.encrypt(Buffer.from('value')))).toBe('KEY_DISABLED');
  });

  it('stays with a process that only writes while it is denied another: it may have no right to unwrap', async () => {
    const { kms, crypterer } = await withRefusedRenewal('KMS_DENIED');
    for (let i = 0; i < 5; i++) {
      crypterer.encryptSync(Buffer.from('value'));
      await settle();
    }
    expect(kms.calls.unwrap).toBe(0);
  });

  it('stays where the KMS refuses to make another and unwraps this one', async () => {
    const { kms, crypterer, value } = await withRefusedRenewal('KMS_DENIED');
    kms.before = (operation) => {
      if (operation === 'generate') throw new SqlcrypterError('KMS_DENIED', 'No kms:GenerateDataKey.');
    };
    for (let hour = 0; hour < 20; hour++) {
      expect((await crypterer.decrypt(value)).toString()).toBe('value');
      expect((await crypterer.decrypt(await crypterer.encrypt(Buffer.from('x')))).toString()).toBe('x');
      await settle();
      vi.advanceTimersByTime(HOUR);
    }
  });

  it('is read with as long as it is written with, however long the KMS is down', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms);
    kms.before = beDown;
    let hours = 0;
    for (; hours < 60; hours++) {
      vi.advanceTimersByTime(HOUR);
      if ((await outcomeOf(crypterer.encrypt(Buffer.from('x')))) !== 'ok') break;
      expect(crypterer.decryptSync(crypterer.encryptSync(Buffer.from('x'))).toString()).toBe('x');
      await settle();
    }
    expect(hours).toBe(47);
  });

  it('that was forgotten, and that the KMS refuses then, is written with no more', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms);
    const value = await crypterer.encrypt(Buffer.from('value'));
    crypterer.forgetKeys();
    kms.before = () => {
      throw new SqlcrypterError('KMS_DENIED', 'No.');
    };
    expect(await codeOf(crypterer.decrypt(value))).toBe('KMS_DENIED');
    expect(await codeOf(crypterer.encrypt(Buffer.from('value')))).toBe('KMS_DENIED');
  });

  it('is not given up for a forged value that carries it, under another fingerprint or as a Go frame', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { goFrames: 'read' });
    const value = await crypterer.encrypt(Buffer.from('value'));
    const wrapped = value.subarray(WRAPPED_OFFSET, WRAPPED_OFFSET + WRAPPED_LENGTH);
    const forged = Buffer.from(value);
    forged.writeUInt8(forged.readUInt8(FINGERPRINT_OFFSET) ^ 1, FINGERPRINT_OFFSET);
    crypterer.forgetKeys();
    expect(await codeOf(crypterer.decrypt(forged))).toBe('KEY_COMMITMENT');
    expect(await codeOf(crypterer.decrypt(goFrameUnder(Buffer.alloc(32, 7), wrapped)))).toBe('KMS_INVALID_BLOB');
    crypterer.encryptSync(Buffer.from('value'));
    expect(kms.calls.generate).toBe(1);
  });
});

describe('a refusal of a new key', () => {
  it.each(['KMS_DENIED', 'KEY_DISABLED', 'KEY_NOT_FOUND', 'CONFIG', 'PROVIDER_FAILED'] as const)(
    'with %s stands for a while: values that are encrypted one after the other do not call the KMS each',
    async (code) => {
      fakeTime();
      const kms = new MemoryKms();
      const crypterer = await createEnvelope(kms, { generate: 'first-use' });
      kms.before = () => {
        throw new SqlcrypterError(code, 'No.', { keyRef: 'ref' });
      };
      const encrypted = async () => codeOf(crypterer.encrypt(Buffer.from('value')));
      for (let i = 0; i < 100; i++) expect(await encrypted()).toBe(code);
      expect(kms.calls.generate).toBe(1);
      for (let second = 0; second < 60; second++) {
        vi.advanceTimersByTime(1_000);
        for (let i = 0; i < 10; i++) expect(await encrypted()).toBe(code);
      }
      expect(kms.calls.generate).toBeGreaterThan(10);
      expect(kms.calls.generate).toBeLessThan(30);
      kms.before = () => undefined;
      crypterer.forgetKeys();
      await crypterer.encrypt(Buffer.from('value'));
    },
  );

  it('with an outage is not kept: the next value asks again', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { generate: 'first-use' });
    kms.before = beDown;
    expect(await codeOf(crypterer.encrypt(Buffer.from('value')))).toBe('KMS_UNAVAILABLE');
    kms.before = () => undefined;
    await crypterer.encrypt(Buffer.from('value'));
  });

  it('stands for keys of a key table, too', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createStored(openTable().table, kms, { generate: 'first-use' });
    kms.before = () => {
      throw new SqlcrypterError('KMS_DENIED', 'No kms:Encrypt.');
    };
    for (let i = 0; i < 20; i++) expect(await codeOf(crypterer.encrypt(Buffer.from('value')))).toBe('KMS_DENIED');
    expect(kms.calls.generate).toBe(1);
    kms.before = () => undefined;
    vi.advanceTimersByTime(1_000);
    await crypterer.encrypt(Buffer.from('value'));
  });
});
