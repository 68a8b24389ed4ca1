import { randomUUID } from 'node:crypto';
import { decryptRows } from '@sqlcrypter/sql';
import type { Database } from 'node-sqlite3-wasm';
import { type Employee, salary, ssn } from './employees.js';

/** The columns of the table as node-sqlite3-wasm gives them. */
interface EmployeeRow {
  readonly id: string;
  readonly name: string;
  readonly ssn: Uint8Array | null;
  readonly salary: Uint8Array;
}

/** The same columns as in PostgreSQL; only the dialect differs. */
export const employeeTable: string = `create table employee (
  id text primary key,
  name text not null,
  ${ssn.ddl('sqlite').column},
  ${salary.ddl('sqlite').column} not null
)`;

export async function insertEmployee(db: Database, employee: Omit<Employee, 'id'>): Promise<Employee> {
  const id = randomUUID();
  db.run('insert into employee (id, name, ssn, salary) values (?, ?, ?, ?)', [
    id,
    employee.name,
    await ssn.encrypt(employee.ssn, { row: id }),
    await salary.encrypt(employee.salary, { row: id }),
  ]);
  return { id, ...employee };
}

export async function findEmployee(db: Database, id: string): Promise<Employee | undefined> {
  // In an array even where it is one only: the driver takes a bare Buffer for a list of named parameters.
  const rows = db.all('select id, name, ssn, salary from employee where id = ?', [id]);
  const [employee] = await decryptRows(rows as unknown as EmployeeRow[], { ssn, salary }, { row: (row) => row.id });
  return employee;
}

export async function updateEmployee(db: Database, employee: Employee): Promise<void> {
  const { id, name } = employee;
  db.run('update employee set name = ?, ssn = ?, salary = ? where id = ?', [
    name,
    await ssn.encrypt(employee.ssn, { row: id }),
    await salary.encrypt(employee.salary, { row: id }),
    id,
  ]);
}
