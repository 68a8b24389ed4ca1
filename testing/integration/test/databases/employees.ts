import type { Crypterer } from '@sqlcrypter/core';
import { bigint, boolean, bytes, type Dialect, date, encryptedColumn, json, number, text } from '@sqlcrypter/sql';

/** The longest text that fits the column `ssn`, in bytes. */
export const ssnBytes = 100;

/** The encrypted columns of the table `employees`, under one crypterer. */
export function employees(crypterer: Crypterer) {
  const table = 'employees';
  return {
    /** Bound to its row. */
    ssn: encryptedColumn({ table, column: 'ssn', type: text({ maxBytes: ssnBytes }), bind: ['row'], crypterer }),
    /** Bound to the column alone. */
    name: encryptedColumn({ table, column: 'name', type: text({ padTo: 32 }), crypterer }),
    photo: encryptedColumn({ table, column: 'photo', type: bytes(), crypterer }),
    profile: encryptedColumn({ table, column: 'profile', type: json<object>(), crypterer }),
    salary: encryptedColumn({ table, column: 'salary', type: number(), crypterer }),
    account: encryptedColumn({ table, column: 'account', type: bigint(), crypterer }),
    married: encryptedColumn({ table, column: 'married', type: boolean(), crypterer }),
    born: encryptedColumn({ table, column: 'born', type: date(), crypterer }),
    /** Stays a text column. */
    notes: encryptedColumn({ table, column: 'notes', type: text(), encoding: 'text', crypterer }),
  };
}

export type Employees = ReturnType<typeof employees>;

/** CREATE TABLE, with every column's CHECK unless told otherwise. */
export function createEmployees(columns: Employees, dialect: Dialect, options?: { check?: boolean }): string {
  const encrypted = Object.values(columns).map((column) => column.ddl(dialect, options).column);
  return `create table employees (id integer primary key, ${encrypted.join(', ')})`;
}
