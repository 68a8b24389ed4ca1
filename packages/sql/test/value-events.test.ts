import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decryptRows, EncryptedBytes, encryptedColumn, text } from '../src/index.js';
import { expectCode } from './expect-code.js';

const crypterer = createAesCrypterer({ key: generateKey() });
const email = encryptedColumn({ table: 'person', column: 'email', type: text(), crypterer });
const phone = encryptedColumn({ table: 'person', column: 'phone', type: text(), crypterer });

describe('the channels sqlcrypter:encrypt and sqlcrypter:decrypt', () => {
  const heard: [string | symbol, unknown][] = [];
  const listen = (message: unknown, name: string | symbol): void => {
    heard.push([name, message]);
  };

  beforeEach(() => {
    heard.length = 0;
    subscribe('sqlcrypter:encrypt', listen);
    subscribe('sqlcrypter:decrypt', listen);
  });
  afterEach(() => {
    unsubscribe('sqlcrypter:encrypt', listen);
    unsubscribe('sqlcrypter:decrypt', listen);
  });

  it('tell of each single value under the label of its column', async () => {
    const value = await email.encrypt('ada@example.org');
    await email.decrypt(value);
    email.decryptSync(email.encryptSync('b@example.org'));
    const ok = { label: 'person.email', count: 1, outcome: 'ok' };
    expect(heard).toEqual([
      ['sqlcrypter:encrypt', ok],
      ['sqlcrypter:decrypt', ok],
      ['sqlcrypter:encrypt', ok],
      ['sqlcrypter:decrypt', ok],
    ]);
  });

  it('tell of a value of no column without a label', async () => {
    await EncryptedBytes.encrypt('x', { crypterer });
    expect(heard).toEqual([['sqlcrypter:encrypt', { label: undefined, count: 1, outcome: 'ok' }]]);
  });

  it('tell of a failure once, with its code', async () => {
    const value = Buffer.from(await email.encrypt('ada@example.org'));
    heard.length = 0;
    await expectCode('AUTH_FAILED', () => phone.decrypt(value));
    await expectCode('AUTH_FAILED', () => phone.decryptSync(value));
    const failed = ['sqlcrypter:decrypt', { label: 'person.phone', count: 1, outcome: 'AUTH_FAILED' }];
    expect(heard).toEqual([failed, failed]);
  });

  it('tell of a batch once for each column and outcome, without its NULLs', async () => {
    const emails = await email.encryptMany(['a@example.org', 'b@example.org', null]);
    expect(heard).toEqual([['sqlcrypter:encrypt', { label: 'person.email', count: 2, outcome: 'ok' }]]);
    const [first, second] = emails as [EncryptedBytes, EncryptedBytes, null];
    const rows = [
      { email: Buffer.from(first), phone: null },
      { email: null, phone: Buffer.from(second) },
    ];
    heard.length = 0;
    await expectCode('AUTH_FAILED', () => decryptRows(rows, { email, phone }));
    expect(heard).toEqual([
      ['sqlcrypter:decrypt', { label: 'person.email', count: 1, outcome: 'ok' }],
      ['sqlcrypter:decrypt', { label: 'person.phone', count: 1, outcome: 'AUTH_FAILED' }],
    ]);
  });

  it('hold neither plaintext nor ciphertext', async () => {
    const value = await email.encrypt('canary-7f3a');
    await email.decrypt(value);
    const said = JSON.stringify(heard);
    expect(said).not.toContain('canary');
    expect(said).not.toContain(value.toString('base64').slice(8, 24));
  });
});
