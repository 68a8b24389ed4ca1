import { afterEach, describe, expect, it } from 'vitest';
import {
  chooseCrypterer,
  decrypt,
  decryptSync,
  emptyLease,
  encrypt,
  encryptSync,
  loadKeys,
} from '../src/module-functions.js';
import { init, register, shutdown } from '../src/registry.js';
import { codeOf } from './code-of.js';
import { createAsyncCrypterer, createLoadingCrypterer, createSyncCrypterer } from './crypterers.js';

const PLAINTEXT = Buffer.from('999-00-1337');
const CONTEXT = { c: 'employee.ssn' };

afterEach(() => shutdown());

describe('the functions of the module', () => {
  it('use the default crypterer, a named one, or the one that is given', async () => {
    const [first, second, third] = [createSyncCrypterer(1), createSyncCrypterer(2), createSyncCrypterer(3)];
    init(first);
    register('second', second);
    for (const [choice, used] of [
      [undefined, first],
      ['second', second],
      [third, third],
    ] as const) {
      const ciphertext = await encrypt(PLAINTEXT, { crypterer: choice, context: CONTEXT });
      expect(await used.decrypt(ciphertext, { context: CONTEXT })).toEqual(PLAINTEXT);
      expect(await decrypt(ciphertext, { crypterer: choice, context: CONTEXT })).toEqual(PLAINTEXT);
      const atOnce = encryptSync(PLAINTEXT, { crypterer: choice, context: CONTEXT });
      expect(decryptSync(atOnce, { crypterer: choice, context: CONTEXT })).toEqual(PLAINTEXT);
      expect(used.decryptSync(atOnce, { context: CONTEXT })).toEqual(PLAINTEXT);
    }
    expect(chooseCrypterer({})).toBe(first);
  });

  it('pass the context on', async () => {
    init(createSyncCrypterer());
    const ciphertext = await encrypt(PLAINTEXT, { context: CONTEXT });
    expect(await codeOf(() => decrypt(ciphertext))).toBe('AUTH_FAILED');
    expect(await codeOf(() => decryptSync(ciphertext))).toBe('AUTH_FAILED');
  });

  it('reject or throw before init, and for an unknown name', async () => {
    const calls = [encrypt, decrypt, encryptSync, decryptSync, (bytes: Buffer, o?: object) => loadKeys([bytes], o)];
    for (const call of calls) {
      expect(await codeOf(() => call(PLAINTEXT))).toBe('NOT_INITIALIZED');
      expect(await codeOf(() => call(PLAINTEXT, { crypterer: 'unknown' }))).toBe('NOT_INITIALIZED');
    }
  });

  it('say of the synchronous ones that the crypterer has none', async () => {
    const crypterer = createAsyncCrypterer();
    expect(await codeOf(() => encryptSync(PLAINTEXT, { crypterer }))).toBe('UNSUPPORTED');
    expect(await codeOf(() => decryptSync(PLAINTEXT, { crypterer }))).toBe('UNSUPPORTED');
    expect(await codeOf(() => loadKeys([PLAINTEXT], { crypterer }))).toBe('UNSUPPORTED');
  });
});

describe('loadKeys', () => {
  it('asks a crypterer that loads keys', async () => {
    const crypterer = createLoadingCrypterer();
    const ciphertext = await encrypt(PLAINTEXT, { crypterer });
    expect(await codeOf(() => decryptSync(ciphertext, { crypterer }))).toBe('KEY_NOT_LOADED');
    const lease = await loadKeys([ciphertext], { crypterer });
    expect(decryptSync(ciphertext, { crypterer })).toEqual(PLAINTEXT);
    lease.dispose();
    expect(crypterer.held()).toBe(0);
  });

  it('has nothing to do where keys are always in memory', async () => {
    const lease = await loadKeys([PLAINTEXT], { crypterer: createSyncCrypterer() });
    expect(lease.failures.size).toBe(0);
    lease.dispose();
    lease[Symbol.dispose]();
    expect(emptyLease().failures).not.toBe(lease.failures);
  });
});
