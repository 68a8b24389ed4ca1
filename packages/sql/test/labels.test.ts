import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { describe, expect, it } from 'vitest';
import { encryptedColumn, text } from '../src/index.js';
import { expectCode } from './expect-code.js';

const crypterer = createAesCrypterer({ key: generateKey() });
const declare = (table: string, column: string, options: { label?: string; formerly?: string[] } = {}) =>
  encryptedColumn({ table, column, type: text(), crypterer, ...options });
const bound = (table: string, options: { label?: string; formerly?: string[] } = {}) =>
  encryptedColumn({ table, column: 'ssn', type: text(), bind: ['row'], crypterer, ...options });

describe('a former label', () => {
  it('keeps every value under it readable: an old value can replace a re-encrypted one', async () => {
    const before = await declare('employee', 'ssn').encrypt('old');
    const renamed = declare('staff', 'ssn', { formerly: ['employee.ssn'] });
    const after = await renamed.encrypt('new');
    expect(await renamed.decrypt(Buffer.from(after))).toBe('new');
    expect(await renamed.decrypt(Buffer.from(before))).toBe('old');
  });

  it('lets values move between all columns that list it', async () => {
    const value = Buffer.from(await declare('employee', 'ssn').encrypt('999-00-1234'));
    for (const table of ['staff', 'archive']) {
      const column = declare(table, 'ssn', { formerly: ['employee.ssn'] });
      expect(await column.decrypt(value)).toBe('999-00-1234');
    }
  });

  it('is refused once it is no longer listed', async () => {
    const value = Buffer.from(await declare('employee', 'ssn').encrypt('999-00-1234'));
    await expectCode('AUTH_FAILED', () => declare('staff', 'ssn').decrypt(value));
  });

  it('does not loosen the binding to the row', async () => {
    const value = Buffer.from(await bound('employee').encrypt('999-00-1234', { row: 1 }));
    const renamed = bound('staff', { formerly: ['employee.ssn'] });
    expect(await renamed.decrypt(value, { row: 1 })).toBe('999-00-1234');
    await expectCode('AUTH_FAILED', () => renamed.decrypt(value, { row: 2 }));
  });
});

describe('a name that is used again', () => {
  it('reads values of the dropped column: they authenticate in the new one', async () => {
    const dropped = Buffer.from(await declare('employee', 'note').encrypt('of the old column'));
    expect(await declare('employee', 'note').decrypt(dropped)).toBe('of the old column');
  });

  it('refuses them under a label of its own', async () => {
    const dropped = Buffer.from(await declare('employee', 'note').encrypt('of the old column'));
    await expectCode('AUTH_FAILED', () => declare('employee', 'note', { label: 'employee.note/2' }).decrypt(dropped));
  });

  it('reads values of another row that had the same id', async () => {
    const deleted = Buffer.from(await bound('employee').encrypt('of a deleted row', { row: 7 }));
    expect(await bound('employee').decrypt(deleted, { row: 7 })).toBe('of a deleted row');
  });

  it('belongs to one database: the same label in another one is the same binding', async () => {
    const staging = Buffer.from(await declare('employee', 'ssn').encrypt('of staging'));
    expect(await declare('employee', 'ssn').decrypt(staging)).toBe('of staging');
    await expectCode('AUTH_FAILED', () => declare('employee', 'ssn', { label: 'prod/employee.ssn' }).decrypt(staging));
  });
});
