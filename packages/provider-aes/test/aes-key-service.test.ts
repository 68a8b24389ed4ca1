import { generateBytes } from '@sqlcrypter/core';
import { describe, expect, it } from 'vitest';
import { createAesCrypterer, createAesKeyService, generateKey } from '../src/index.js';
import { errorOf } from './error-of.js';

const { signal } = new AbortController();
const binding = { 'sqlcrypter.fingerprint': 'ab', 'sqlcrypter.created': '1' };

const codeOf = async (call: Promise<unknown>) => (await errorOf(() => call)).code;

describe('a local key as a key service', () => {
  it('unwraps what it wrapped, with the same binding only', async () => {
    const service = createAesKeyService({ key: generateKey() });
    const plaintext = generateBytes(32);
    const { wrapped, keyId } = (await service.wrapDataKey?.(plaintext, { signal, binding })) ?? expect.fail();
    expect(wrapped).toHaveLength(80);
    expect(service.holds?.(keyId)).toBe(true);
    expect(await service.unwrapDataKey(wrapped, { signal, binding })).toEqual({ plaintext, keyId });
    expect(await codeOf(service.unwrapDataKey(wrapped, { signal }))).toBe('KMS_INVALID_BLOB');
    const other = { ...binding, 'sqlcrypter.created': '2' };
    expect(await codeOf(service.unwrapDataKey(wrapped, { signal, binding: other }))).toBe('KMS_INVALID_BLOB');
  });

  it('makes data keys', async () => {
    const service = createAesKeyService({ key: generateKey() });
    const { plaintext, wrapped } = await service.generateDataKey({ signal });
    expect(plaintext).toHaveLength(32);
    expect((await service.unwrapDataKey(wrapped, { signal })).plaintext).toEqual(plaintext);
  });

  it('unwraps under earlier keys, and names the one that it does not have', async () => {
    const [first, second] = [generateKey(), generateKey()];
    const { wrapped, keyId } = await createAesKeyService({ key: first }).generateDataKey({ signal });
    const rotated = createAesKeyService({ key: second, decryptKeys: [first] });
    expect((await rotated.unwrapDataKey(wrapped, { signal })).keyId).toBe(keyId);
    expect(rotated.holds?.(keyId)).toBe(false);
    expect(await codeOf(createAesKeyService({ key: second }).unwrapDataKey(wrapped, { signal }))).toBe('KEY_NOT_FOUND');
  });

  it('takes no value for a wrapped key, and nothing that is cut or of another kind', async () => {
    const key = generateKey();
    const service = createAesKeyService({ key });
    const value = createAesCrypterer({ key }).encryptSync(generateBytes(32));
    expect(await codeOf(service.unwrapDataKey(value, { signal }))).toBe('KMS_INVALID_BLOB');
    const { wrapped } = await service.generateDataKey({ signal });
    expect(await codeOf(service.unwrapDataKey(wrapped.subarray(0, 20), { signal }))).toBe('KMS_INVALID_BLOB');
    const kind2 = Buffer.concat([Buffer.of(0, 0xc7, 0x12, 2), generateBytes(80)]);
    expect(await codeOf(service.unwrapDataKey(kind2, { signal }))).toBe('KMS_INVALID_BLOB');
  });

  it.each([
    ['no key', {}],
    ['a key of 16 bytes', { key: generateBytes(16) }],
    ['decrypt keys that are no list', { key: generateKey(), decryptKeys: 'old' }],
    ['an unknown option', { key: generateKey(), suite: 'xaes-256-gcm' }],
  ])('refuses %s', async (_, options) => {
    expect((await errorOf(() => createAesKeyService(options as never))).code).toBe('CONFIG');
  });

  it('is empty once it is closed', async () => {
    const service = createAesKeyService({ key: generateKey() });
    const { wrapped } = await service.generateDataKey({ signal });
    await service.close?.();
    expect(await codeOf(service.unwrapDataKey(wrapped, { signal }))).toBe('KEY_NOT_FOUND');
  });
});
