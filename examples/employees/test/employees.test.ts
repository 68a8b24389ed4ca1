import { createAesCrypterer, generateKey, init, shutdown } from '@sqlcrypter/aes';
import { startPostgres, type TestServer } from '@sqlcrypter/test-databases';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  employeeTable,
  findEmployee,
  findEncryptedEmployee,
  insertEmployee,
  insertEmployees,
  listEmployees,
  updateEmployee,
} from '../src/employees.js';

const NOBODY = '00000000-0000-4000-8000-000000000000';

let server: TestServer;
let pool: pg.Pool;

beforeAll(async () => {
  init(createAesCrypterer({ key: generateKey() }));
  server = await startPostgres();
  const database = await server.createDatabase('employee_code');
  pool = new pg.Pool(database.connection);
  await pool.query(employeeTable);
});

afterAll(async () => {
  await pool.end();
  await server.stop();
  await shutdown();
});

it('finds an employee as it was inserted, and as it was updated', async () => {
  const mary = await insertEmployee(pool, { name: 'Mary Jackson', ssn: '999-00-1111', salary: 90_000.5 });
  expect(await findEmployee(pool, mary.id)).toEqual(mary);
  const updated = { ...mary, name: 'Mary W. Jackson', ssn: null, salary: 0 };
  await updateEmployee(pool, updated);
  expect(await findEmployee(pool, mary.id)).toEqual(updated);
});

it('finds nobody under an id that is not there', async () => {
  expect(await findEmployee(pool, NOBODY)).toBeUndefined();
  expect(await findEncryptedEmployee(pool, NOBODY)).toBeUndefined();
});

it('inserts many at once, with NULL and the empty string kept apart', async () => {
  await pool.query('truncate employee');
  const inserted = await insertEmployees(pool, [
    { name: 'A', ssn: '999-00-0001', salary: 1 },
    { name: 'B', ssn: null, salary: 2 },
    { name: 'C', ssn: '', salary: 3 },
  ]);
  expect(await listEmployees(pool)).toEqual(inserted);
  const { rows } = await pool.query('select name from employee where ssn is null');
  expect(rows).toEqual([{ name: 'B' }]);
});

it('works inside of a transaction', async () => {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const { id } = await insertEmployee(client, { name: 'Nobody', ssn: '999-00-2222', salary: 1 });
    await client.query('rollback');
    expect(await findEmployee(client, id)).toBeUndefined();
  } finally {
    client.release();
  }
});

it('gives encrypted employees that decrypt themselves', async () => {
  const { id } = await insertEmployee(pool, { name: 'Katherine Johnson', ssn: '999-00-3333', salary: 95_000 });
  const encrypted = await findEncryptedEmployee(pool, id);
  expect(JSON.stringify(encrypted)).not.toContain('999-00-3333');
  expect(await encrypted?.ssn?.decryptText()).toBe('999-00-3333');
});
