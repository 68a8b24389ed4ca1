import { describe, expectTypeOf, it } from 'vitest';
import {
  type Closeable,
  type Crypterer,
  decryptMany,
  type EncryptionContext,
  getCrypterer,
  type KeyLoader,
  SqlcrypterError,
  type SyncCrypterer,
} from '../src/index.js';
import { type CryptererImplementation, defineCrypterer, isSyncCrypterer } from '../src/provider.js';

const bytes = Buffer.alloc(1);
const asynchronous = { scheme: 'x', encrypt: async () => bytes, decrypt: async () => bytes };
const synchronous = { scheme: 'x', encryptSync: () => bytes, decryptSync: () => bytes };
const loading = {
  ...synchronous,
  loadKeys: async () => ({ failures: new Map(), dispose() {}, [Symbol.dispose]() {} }),
};

describe('the type of a defined crypterer', () => {
  it('can be closed always', () => {
    expectTypeOf(defineCrypterer(asynchronous)).toExtend<Crypterer & Closeable>();
  });

  it('has the synchronous pair where the provider has it', () => {
    expectTypeOf(defineCrypterer(synchronous)).toExtend<SyncCrypterer>();
    expectTypeOf(defineCrypterer(asynchronous)).not.toHaveProperty('encryptSync');
    expectTypeOf(defineCrypterer({ ...asynchronous, encryptSync: () => bytes })).not.toHaveProperty('encryptSync');
  });

  it('loads keys where the provider does', () => {
    expectTypeOf(defineCrypterer(loading)).toExtend<KeyLoader & SyncCrypterer>();
    expectTypeOf(defineCrypterer(synchronous)).not.toHaveProperty('loadKeys');
  });

  it('promises nothing of an implementation of which nothing is known', () => {
    const implementation = asynchronous as CryptererImplementation;
    expectTypeOf(defineCrypterer(implementation)).not.toHaveProperty('encryptSync');
  });
});

describe('the types of the module', () => {
  it('give Buffers, which have the methods of Buffer', () => {
    expectTypeOf<Awaited<ReturnType<Crypterer['encrypt']>>>().toEqualTypeOf<Buffer>();
    expectTypeOf<ReturnType<SyncCrypterer['decryptSync']>>().toEqualTypeOf<Buffer>();
  });

  it('have errors among the results only where they are collected', () => {
    expectTypeOf(decryptMany([])).toEqualTypeOf<Promise<Buffer[]>>();
    expectTypeOf(decryptMany([], { onError: 'throw' })).toEqualTypeOf<Promise<Buffer[]>>();
    expectTypeOf(decryptMany([], { onError: 'collect' })).toEqualTypeOf<Promise<(Buffer | SqlcrypterError)[]>>();
  });

  it('narrow what a guard has found', () => {
    const found = getCrypterer();
    if (isSyncCrypterer(found)) expectTypeOf(found).toExtend<SyncCrypterer>();
    const error: unknown = undefined;
    if (SqlcrypterError.is(error)) expectTypeOf(error.code).toExtend<string>();
  });

  it('take text and bytes as context values, and nothing else', () => {
    expectTypeOf<{ c: string; r: Uint8Array }>().toExtend<EncryptionContext>();
    expectTypeOf<{ r: number }>().not.toExtend<EncryptionContext>();
  });
});
