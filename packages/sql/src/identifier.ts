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

/**
 * A name for a constraint that fits every dialect. Where the parts do not tell what was joined, or are too long, a
 * digest of them ends it, so that no two columns share a name.
 */
export function constraintName(table: string, column: string, suffix: string): string {
  const plain = `${table}_${column}_${suffix}`;
  if (!`${table}${column}`.includes('_') && Buffer.byteLength(plain) <= MAX_NAME_BYTES) return plain;
  const digest = createHash('sha256')
    .update(JSON.stringify([table, column]))
    .digest('hex')
    .slice(0, 8);
  const end = `_${digest}_${suffix}`;
  let start = '';
  for (const character of `${table}_${column}`) {
    if (Buffer.byteLength(start + character + end) > MAX_NAME_BYTES) break;
    start += character;
  }
  return start + end;
}
