import { decryptRows } from '@sqlcrypter/sql';
import { ssn } from './columns.mjs';

/** Employees with their numbers, from rows of the database. */
export const read = (rows) => decryptRows(rows, { ssn }, { row: ({ id }) => id });
