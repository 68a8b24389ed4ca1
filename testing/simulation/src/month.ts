import { createKeyTable, keyTableSql } from '@sqlcrypter/key-table';
import type { TestDatabase } from '@sqlcrypter/test-databases';
import pg from 'pg';
import { goReaders, inlineReaders, inlineWriters, keyTableFleet } from './fleets.js';
import { startKmsProcess } from './kms-process.js';
import { livesOf, type MonthOptions } from './lives.js';

/** KMS calls of one fleet in the month: counted by the KMS, those of samples scaled. */
export interface FleetCalls {
  readonly writing: number;
  readonly reading: number;
  readonly total: number;
}

/** What a simulated month came to. */
export interface MonthFigures {
  readonly lives: number;
  readonly values: number;
  readonly bytesPerValue: { readonly keyTable: number; readonly inline: number };
  readonly keyTable: FleetCalls & {
    readonly statements: number;
    readonly dataKeys: number;
    readonly branchKeys: number;
  };
  readonly inline: FleetCalls;
  readonly goRules: FleetCalls;
}

/** Runs the month of three fleets, one after the other, over one KMS and one PostgreSQL. */
export async function simulateMonth(
  database: TestDatabase,
  options: MonthOptions,
  log: (message: string) => void = () => undefined,
): Promise<MonthFigures> {
  await using kms = await startKmsProcess();
  const pool = new pg.Pool({ ...database.connection, max: 8 });
  // Dropping the database may end a connection before its end() has been answered.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    let statements = 0;
    const counted = {
      query: (text: string, parameters: unknown[]) => {
        statements += 1;
        return pool.query(text, parameters);
      },
    };
    for (const statement of keyTableSql('postgres')) await pool.query(statement);

    log('a fleet with a key table');
    const stored = await keyTableFleet(kms, createKeyTable({ pg: counted }), options);
    const { Encrypt = 0, GenerateDataKey: generated = 0, Decrypt: tableReads = 0 } = await kms.takeCounts();
    const { rows } = await pool.query<{ purpose: string; keys: string }>(
      'SELECT purpose, count(*) AS keys FROM sqlcrypter_keys GROUP BY purpose',
    );
    const keysOf = (purpose: string) => Number(rows.find((row) => row.purpose === purpose)?.keys ?? 0);

    log('a fleet with the keys beside each value: writing');
    const inline = await inlineWriters(kms, options);
    const { GenerateDataKey: starts = 0 } = await kms.takeCounts();
    log(`the same: 1 life in ${options.sampleEvery} reads`);
    await inlineReaders(kms, inline, options);
    const { Decrypt: inlineReads = 0 } = await kms.takeCounts();
    log(`the same by the rules of the Go library: 1 life in ${options.sampleEvery} reads`);
    await goReaders(kms, inline, options);
    const { Decrypt: goReads = 0 } = await kms.takeCounts();

    const overhead = (values: Buffer[]) => (values[0] as Buffer).length - 'value 0'.length;
    return {
      lives: livesOf(options),
      values: stored.length,
      bytesPerValue: { keyTable: overhead(stored), inline: overhead(inline) },
      keyTable: {
        ...callsOf(Encrypt + generated, tableReads),
        statements,
        dataKeys: keysOf('data'),
        branchKeys: keysOf('branch'),
      },
      inline: callsOf(starts, inlineReads * options.sampleEvery),
      goRules: callsOf(starts, goReads * options.sampleEvery),
    };
  } finally {
    await pool.end();
  }
}

function callsOf(writing: number, reading: number): FleetCalls {
  return { writing, reading, total: writing + reading };
}
