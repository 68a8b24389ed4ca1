import { createKeyTable, type KeyTable, keyTableSql } from '@sqlcrypter/key-table';
import sqlite from 'node-sqlite3-wasm';
import { createEnvelopeCrypterer, type EnvelopeCrypterer, type EnvelopeOptions } from '../../src/index.js';
import { MemoryKms } from './memory-kms.js';
import { whenTestEnds } from './when-test-ends.js';

/** A key table in SQLite whose statements are counted; ends with the test. */
export interface CountedTable {
  readonly table: KeyTable;
  /** The statements so far. */
  readonly statements: string[];
  /** Runs statements past the key table, as an operator or an attacker would. */
  exec(sql: string): void;
  rows(sql: string): Record<string, unknown>[];
  /** Awaited before each statement; what it throws is the answer. */
  before: (sql: string) => unknown;
}

export function openTable(): CountedTable {
  const database = new sqlite.Database(':memory:');
  for (const statement of keyTableSql('sqlite')) database.exec(statement);
  whenTestEnds(() => database.close());
  const statements: string[] = [];
  const pg = {
    all: async (sql: string, parameters: unknown[]) => {
      await counted.before(sql);
      statements.push(sql);
      return database.all(sql, parameters as sqlite.JSValue[]);
    },
  };
  const counted: CountedTable = {
    table: createKeyTable({ sqlite: { ...pg, prepare: () => undefined as never } }),
    statements,
    exec: (sql) => database.exec(sql),
    rows: (sql) => database.all(sql) as Record<string, unknown>[],
    before: () => undefined,
  };
  return counted;
}

/** A crypterer over a key table that ends with the test. */
export async function createStored(
  table: KeyTable,
  kms: MemoryKms = new MemoryKms(),
  options: EnvelopeOptions = {},
): Promise<EnvelopeCrypterer> {
  const crypterer = await createEnvelopeCrypterer(kms, { store: table, ...options });
  whenTestEnds(() => crypterer.close());
  return crypterer;
}
