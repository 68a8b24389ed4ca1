import type { ErrorCode } from '@sqlcrypter/core';
import type { Fault } from '@sqlcrypter/local-kms';
import { describe, expect, it } from 'vitest';
import { codeOf, errorOf } from './support/error-code.js';
import { frameUnder } from './support/frames.js';
import { clientOf, createCrypterer, startKms } from './support/local-kms.js';
import { canary, expectNoTrace, textOf } from './support/secrets.js';

const dek = canary('data key');
const value = canary('plaintext');

const FAULTS: [what: string, fault: Fault, code: ErrorCode][] = [
  ['hangs', { hang: true }, 'KMS_TIMEOUT'],
  ['is slower than the deadline', { latency: 5_000 }, 'KMS_TIMEOUT'],
  ['throttles', { throttleRate: 1 }, 'KMS_THROTTLED'],
  ['answers 500', { status: 500 }, 'KMS_UNAVAILABLE'],
  ['answers 503', { status: 503 }, 'KMS_UNAVAILABLE'],
  ['cuts the connection', { cut: true }, 'KMS_UNAVAILABLE'],
  ['hands out a shorter key', { plaintextLength: 16 }, 'KMS_INVALID_BLOB'],
  ['hands out a longer key', { plaintextLength: 48 }, 'KMS_INVALID_BLOB'],
  ['hands out an empty key', { plaintextLength: 0 }, 'KMS_INVALID_BLOB'],
  ['answers with broken JSON', { garbageJson: true }, 'KMS_UNAVAILABLE'],
];

/** Short only where the test waits for it: the machine may be busy. */
function deadlineFor({ hang, latency }: Fault): number {
  return hang || latency ? 300 : 30_000;
}

describe('a KMS that', () => {
  it.each(FAULTS)(
    '%s: Decrypt ends in the right code, shows no byte of the answer, and recovers',
    async (_, fault, code) => {
      const kms = await startKms();
      const ciphertext = frameUnder(dek, kms.wrap('alias/sqlcrypter', dek), { plaintext: value });
      const reader = await createCrypterer(kms, { requestTimeout: deadlineFor(fault) });
      kms.setFault('Decrypt', fault);
      for (const call of [reader.decrypt(ciphertext), reader.loadKeys([ciphertext])]) {
        const error = await errorOf(call);
        expect(error.code).toBe(code);
        expectNoTrace(textOf(error), [dek, value]);
      }
      expect(reader.stats().cachedKeys).toBe(1);
      expectNoTrace(textOf(reader) + textOf(reader.stats()), [dek, value]);

      kms.clearFaults();
      reader.forgetKeys();
      expect(await reader.decrypt(ciphertext)).toEqual(value);
    },
  );

  it.each(FAULTS)(
    '%s: GenerateDataKey ends in the right code, and the error holds a name and no words',
    async (_, fault, code) => {
      const kms = await startKms();
      kms.setFault('GenerateDataKey', fault);
      const error = await errorOf(createCrypterer(kms, { requestTimeout: deadlineFor(fault) }));
      expect(error.code).toBe(code);
      // What the answer was is not known here, but it had these words around the key.
      expect(textOf(error)).not.toMatch(/Plaintext|CiphertextBlob|"[A-Za-z0-9+/]{40,}|Unexpected token/);
      const cause = error.cause ?? {};
      expect(Object.keys(cause).filter((name) => !['name', 'status', 'requestId'].includes(name))).toEqual([]);
      kms.clearFaults();
      await createCrypterer(kms);
    },
  );

  it('names a foreign key for Decrypt: KMS_WRONG_KEY, nothing cached, no key shown', async () => {
    const kms = await startKms();
    const ciphertext = frameUnder(dek, kms.wrap('alias/sqlcrypter', dek));
    const reader = await createCrypterer(kms);
    kms.setFault('Decrypt', { foreignKeyId: true });
    const error = await errorOf(reader.decrypt(ciphertext));
    expect(error.code).toBe('KMS_WRONG_KEY');
    expectNoTrace(textOf(error), [dek]);
    expect(reader.stats().cachedKeys).toBe(1);
  });

  it('fails now and then is overcome by the retries of the SDK, as a user has it by default', async () => {
    const kms = await startKms();
    kms.setFault('*', { throttleRate: 0.5 });
    const client = clientOf(kms, { maxAttempts: 3 });
    const crypterer = await createCrypterer(kms, { client, requestTimeout: 30_000 });
    const ciphertext = await crypterer.encrypt(value);
    crypterer.forgetKeys();
    expect(await crypterer.decrypt(ciphertext)).toEqual(value);
    expect(kms.calls.filter(({ error }) => error !== undefined)).not.toEqual([]);
  });

  it('answers with another data key than the one that was wrapped: KEY_COMMITMENT, and nothing is cached', async () => {
    const kms = await startKms();
    const other = canary('another data key');
    const ciphertext = frameUnder(dek, kms.wrap('alias/sqlcrypter', other));
    const reader = await createCrypterer(kms);
    expect(await codeOf(reader.decrypt(ciphertext))).toBe('KEY_COMMITMENT');
    expect(reader.stats().cachedKeys).toBe(1);
  });
});
