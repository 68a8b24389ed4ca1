import { createAesCrypterer, generateKey, init, shutdown } from '@sqlcrypter/aes';
import sqlite from 'node-sqlite3-wasm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { MOVE_TO_ANOTHER_COLUMN, MOVE_TO_ANOTHER_ROW, WRITE_PLAINTEXT } from '../src/attacks.js';
import { employeeTable, findEmployee, insertEmployee, updateEmployee } from '../src/employees-sqlite.js';
import { ADA, GRACE } from '../src/people.js';

let db: sqlite.Database;

beforeAll(() => init(createAesCrypterer({ key: generateKey() })));
afterAll(() => shutdown());

beforeEach(() => {
  db = new sqlite.Database(':memory:');
  db.exec(employeeTable);
});

afterEach(() => db.close());

it('finds an employee as it was inserted, and as it was updated', async () => {
  const ada = await insertEmployee(db, ADA);
  expect(await findEmployee(db, ada.id)).toEqual(ada);
  const updated = { ...ada, name: 'Ada King', ssn: null, salary: 1 };
  await updateEmployee(db, updated);
  expect(await findEmployee(db, ada.id)).toEqual(updated);
});

it('finds nobody under an id that is not there', async () => {
  expect(await findEmployee(db, 'nobody')).toBeUndefined();
});

it('refuses a plaintext, as text and as bytes', async () => {
  const ada = await insertEmployee(db, ADA);
  expect(() => db.exec(WRITE_PLAINTEXT)).toThrow('CHECK constraint failed');
  expect(() => db.run('update employee set ssn = ?', [Buffer.from('999-00-1234')])).toThrow('CHECK constraint failed');
  expect(await findEmployee(db, ada.id)).toEqual(ada);
});

it.each([
  ['row', MOVE_TO_ANOTHER_ROW, 'Grace Hopper', 'employee.ssn'],
  ['column', MOVE_TO_ANOTHER_COLUMN, 'Ada Lovelace', 'employee.salary'],
])('refuses a value that was moved to another %s', async (_, move, victim, column) => {
  const employees = [await insertEmployee(db, ADA), await insertEmployee(db, GRACE)];
  db.exec(move);
  for (const { id, name } of employees) {
    if (name === victim) await expect(findEmployee(db, id)).rejects.toMatchObject({ code: 'AUTH_FAILED', column });
    else expect(await findEmployee(db, id)).toMatchObject({ name });
  }
});
