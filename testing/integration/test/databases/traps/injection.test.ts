import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { decryptRows, encryptedColumn, text } from '@sqlcrypter/sql';
import sqlite from 'node-sqlite3-wasm';
import { beforeEach, describe, expect, it } from 'vitest';

const crypterer = createAesCrypterer({ key: generateKey() });
const name = encryptedColumn({ table: 'employee', column: 'name', type: text(), crypterer });
const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), crypterer });
const iban = encryptedColumn({ table: 'employee', column: 'iban', type: text(), bind: ['row'], crypterer });

/** The first column of each row that comes back, for an id that is put into the SQL as it is. */
const query = (column: string, id: string) =>
  database.all(`select ${column} as value from employee where id = ${id}`) as { value: Uint8Array }[];

let database: sqlite.Database;
beforeEach(async () => {
  database = new sqlite.Database();
  database.exec('create table employee (id integer primary key, name blob, ssn blob, iban blob)');
  for (const id of [1, 2]) {
    const values = [await name.encrypt(`name ${id}`), await ssn.encrypt(`ssn ${id}`)];
    const bound = await iban.encrypt(`iban ${id}`, { row: id });
    database.run('insert into employee values (?, ?, ?, ?)', [id, ...values, bound]);
  }
  return () => database.close();
});

describe('an injected query whose result is decrypted', () => {
  it('shows another row of the same column', async () => {
    const rows = query('name', '0 union select name from employee where id = 2');
    expect(await decryptRows(rows, { value: name })).toEqual([{ value: 'name 2' }]);
  });

  it('shows nothing of another column', async () => {
    const rows = query('name', '0 union select ssn from employee where id = 2');
    await expect(decryptRows(rows, { value: name })).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });

  it('shows no other row of a column that is bound to the row, if the id is that of the request', async () => {
    const [injected] = query('iban', '0 union select iban from employee where id = 2');
    const stored = injected?.value as Uint8Array;
    await expect(iban.decrypt(stored, { row: 1 })).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    // Taken from the result, the id is the attacker's, too.
    expect(await iban.decrypt(stored, { row: 2 })).toBe('iban 2');
  });
});
