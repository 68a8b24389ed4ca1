import * as core from '@sqlcrypter/core';
import { afterEach, expect, it } from 'vitest';
import * as aes from '../src/index.js';

afterEach(() => aes.shutdown());

it('re-exports what an application needs, so that it need not install core', () => {
  const { init, register, getCrypterer, shutdown, SqlcrypterError, generateBytes } = core;
  expect({ ...aes }).toMatchObject({ init, register, getCrypterer, shutdown, SqlcrypterError, generateBytes });
  const { encrypt, decrypt, encryptMany, decryptMany, encryptSync, decryptSync } = core;
  expect({ ...aes }).toMatchObject({ encrypt, decrypt, encryptMany, decryptMany, encryptSync, decryptSync });
});

it('encrypts with the default crypterer', async () => {
  aes.init(aes.createAesCrypterer({ key: aes.generateKey() }));
  const ciphertext = await aes.encrypt(Buffer.from('999-00-1337'), { context: { c: 'employee.ssn' } });
  expect((await aes.decrypt(ciphertext, { context: { c: 'employee.ssn' } })).toString()).toBe('999-00-1337');
});

it('forgets its keys when it is closed', async () => {
  const crypterer = aes.createAesCrypterer({ key: aes.generateKey() });
  const ciphertext = crypterer.encryptSync(Buffer.from('x'));
  await crypterer.close();
  expect(() => crypterer.decryptSync(ciphertext)).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
});
