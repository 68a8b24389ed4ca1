import { generateBytes } from '@sqlcrypter/core';
import { describe, expect, it } from 'vitest';
import { wraps } from '../../../testing/vectors/wraps-v1.js';
import { createAwsKmsKeyService } from '../src/index.js';
import { clientOf, createCrypterer, startKms } from './support/local-kms.js';

const { signal } = new AbortController();

describe('the KMS encryption context', () => {
  it.each(wraps.facts)('of a wrapped branch key holds the facts of its row, as texts: $name', async ({ context }) => {
    const kms = await startKms();
    const service = createAwsKmsKeyService({
      client: clientOf(kms),
      keyId: 'alias/sqlcrypter',
      encryptionContext: { application: 'payroll' },
    });
    const { wrapped } = (await service.wrapDataKey?.(generateBytes(32), { signal, binding: context })) ?? expect.fail();
    await service.unwrapDataKey(wrapped, { signal, binding: context });
    const expected = { ...context, application: 'payroll' };
    expect(kms.calls.filter(({ operation }) => operation !== 'GenerateDataKey')).toMatchObject([
      { operation: 'Encrypt', encryptionContext: expected },
      { operation: 'Decrypt', encryptionContext: expected },
    ]);
  });

  it('of a data key that values carry is the own one, or none', async () => {
    const kms = await startKms();
    await (await createCrypterer(kms)).encrypt(Buffer.from('x'));
    await (await createCrypterer(kms, { encryptionContext: { application: 'payroll' } })).encrypt(Buffer.from('x'));
    expect(kms.calls.map(({ encryptionContext }) => encryptionContext)).toEqual([
      undefined,
      { application: 'payroll' },
    ]);
  });
});
