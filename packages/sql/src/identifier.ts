/// <reference types="node" preserve="true" />
import { createHash } from 'node:crypto';
import type { Dialect } from './column-ddl.js';

const QUOTES: Readonly<Record<Dialect, readonly [open: string, close: string]>> = {
  postgres: ['"', '"'],
  sqlite: ['"', '"'],
  mysql: ['`', '`'],
  mssql: ['[', ']'],
};

/** The shortest limit of the dialects is PostgreSQL's, in bytes. */
const MAX_NAME_BYTES = 63;

/** A name as an SQL identifier, whatever characters it has. */
export function quoteIdentifier(name: string, dialect: Dialect): string {
  const [open, close] = QUOTES[dialect];
  return open + name.replaceAll(close, close + close) + close;
}

/** A name for a constraint that fits every dialect: a long one ends with a digest in place of what was cut off. */
export function constraintName(table: string, column: string, suffix: string): string {
  const name = `${table}_${column}_${suffix}`;
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  let start = '';
  for (const character of name) {
    if (Buffer.byteLength(start + character) > MAX_NAME_BYTES - suffix.length - digest.length - 2) break;
    start += character;
  }
  return `${start}_${digest}_${suffix}`;
}
