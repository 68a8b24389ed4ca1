import { randomUUID } from 'node:crypto';
import { decryptRows, type EncryptedBytes, type EncryptedColumn, encryptedColumn, number, text } from '@sqlcrypter/sql';
import type pg from 'pg';

/** An employee as the application works with it. Whoever has no social security number (SSN) has null. */
export interface Employee {
  readonly id: string;
  readonly name: string;
  readonly ssn: string | null;
  readonly salary: number;
}

/** An employee who is still encrypted: safe to log, to cache and to send as JSON. */
export interface EncryptedEmployee {
  readonly id: string;
  readonly name: string;
  readonly ssn: EncryptedBytes | null;
  readonly salary: EncryptedBytes;
}

/** A connection, or a pool of them. */
export type PostgresDatabase = Pick<pg.ClientBase, 'query'>;

// Bound to its row, no value is of any use in another row, whoever copies it there. What a value is bound to is part of
// the stored data, like the names of table and column.
export const ssn: EncryptedColumn<string, 'row'> = encryptedColumn({
  table: 'employee',
  column: 'ssn',
  type: text(),
  bind: ['row'],
});
export const salary: EncryptedColumn<number, 'row'> = encryptedColumn({
  table: 'employee',
  column: 'salary',
  type: number(),
  bind: ['row'],
});

/** The columns of the table as pg gives them. */
interface EmployeeRow {
  readonly id: string;
  readonly name: string;
  readonly ssn: Buffer | null;
  readonly salary: Buffer;
}

/** `ddl` gives each encrypted column its type, and a CHECK that refuses whatever is not encrypted. */
export const employeeTable: string = `create table employee (
  id uuid primary key,
  name text not null,
  ${ssn.ddl('postgres').column},
  ${salary.ddl('postgres').column} not null
)`;

export async function insertEmployee(db: PostgresDatabase, employee: Omit<Employee, 'id'>): Promise<Employee> {
  // Made here and not by the database: the values are bound to it, so it is needed before they are encrypted.
  const id = randomUUID();
  await db.query('insert into employee (id, name, ssn, salary) values ($1, $2, $3, $4)', [
    id,
    employee.name,
    await ssn.encrypt(employee.ssn, { row: id }),
    await salary.encrypt(employee.salary, { row: id }),
  ]);
  return { id, ...employee };
}

/** Inserts many employees by one statement. */
export async function insertEmployees(
  db: PostgresDatabase,
  employees: readonly Omit<Employee, 'id'>[],
): Promise<Employee[]> {
  const inserted = employees.map((employee) => ({ id: randomUUID(), ...employee }));
  await db.query(
    `insert into employee (id, name, ssn, salary)
     select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[])`,
    [
      inserted.map(({ id }) => id),
      inserted.map(({ name }) => name),
      await ssn.encryptMany(inserted.map((employee) => ({ value: employee.ssn, row: employee.id }))),
      await salary.encryptMany(inserted.map((employee) => ({ value: employee.salary, row: employee.id }))),
    ],
  );
  return inserted;
}

export async function findEmployee(db: PostgresDatabase, id: string): Promise<Employee | undefined> {
  const { rows } = await db.query<EmployeeRow>('select id, name, ssn, salary from employee where id = $1', [id]);
  const [employee] = await decryptRows(rows, { ssn, salary }, { row: (row) => row.id });
  return employee;
}

/** All employees by name. However many they are, each key is loaded once. */
export async function listEmployees(db: PostgresDatabase): Promise<Employee[]> {
  const { rows } = await db.query<EmployeeRow>('select id, name, ssn, salary from employee order by name');
  return decryptRows(rows, { ssn, salary }, { row: (row) => row.id });
}

/** Gives the employee without decrypting anything: each value does that when it is asked to. */
export async function findEncryptedEmployee(db: PostgresDatabase, id: string): Promise<EncryptedEmployee | undefined> {
  const { rows } = await db.query<EmployeeRow>('select id, name, ssn, salary from employee where id = $1', [id]);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    ssn: ssn.fromDatabase(row.ssn, { row: row.id }),
    salary: salary.fromDatabase(row.salary, { row: row.id }),
  }))[0];
}

/** Writes every column anew, under the current key. */
export async function updateEmployee(db: PostgresDatabase, employee: Employee): Promise<void> {
  const { id, name } = employee;
  await db.query('update employee set name = $2, ssn = $3, salary = $4 where id = $1', [
    id,
    name,
    await ssn.encrypt(employee.ssn, { row: id }),
    await salary.encrypt(employee.salary, { row: id }),
  ]);
}
