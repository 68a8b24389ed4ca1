import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { decryptRows, encryptedColumn, text } from '@sqlcrypter/sql';
import { startPostgres } from '@sqlcrypter/test-databases';
import pg from 'pg';
import type { Figure } from './figure.js';
import { interleave, median, ratio } from './interleave.js';

const ROWS = 10_000;
const SELECT = 'select id, name, ssn from employee';

/** A whole query of 10,000 rows with one encrypted column, over pg: not decrypted, and decrypted with either engine. */
export async function measureRowsOverPg(rounds: number): Promise<Figure[]> {
  const server = await startPostgres();
  const database = await server.createDatabase('benchmark');
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    const crypterer = createAesCrypterer({ key: generateKey() });
    const columns = { ssn: encryptedColumn({ table: 'employee', column: 'ssn', type: text(), crypterer }) };
    const boundColumns = {
      ssn: encryptedColumn({ table: 'employee', column: 'bound_ssn', type: text(), crypterer, bind: ['row'] }),
    };
    await client.query('create table employee (id int primary key, name text, ssn bytea, bound_ssn bytea)');
    const ids = Array.from({ length: ROWS }, (_, id) => id);
    const values = await columns.ssn.encryptMany(ids.map(ssnOf));
    const bound = await boundColumns.ssn.encryptMany(ids.map((row) => ({ value: ssnOf(row), row })));
    await client.query(
      "insert into employee select i, 'Ada', s, b from unnest($1::int[], $2::bytea[], $3::bytea[]) t(i, s, b)",
      [ids, values, bound],
    );
    const row = ({ id }: { readonly id: number }): number => id;
    const rows = async () => (await client.query<{ id: number; name: string; ssn: Buffer }>(SELECT)).rows;
    const boundRows = async () =>
      (await client.query<{ id: number; name: string; ssn: Buffer }>(SELECT.replace('ssn', 'bound_ssn as ssn'))).rows;
    const times = await interleave(
      {
        raw: { async: rows },
        auto: { async: async () => decryptRows(await rows(), columns, { engine: 'auto' }) },
        node: { async: async () => decryptRows(await rows(), columns, { engine: 'node' }) },
        'bound auto': { async: async () => decryptRows(await boundRows(), boundColumns, { row, engine: 'auto' }) },
        'bound node': { async: async () => decryptRows(await boundRows(), boundColumns, { row, engine: 'node' }) },
      },
      rounds,
    );
    const milliseconds = (name: keyof typeof times): number => median(times[name]) / 1_000;
    return [
      { name: `select ${ROWS} rows, not decrypted`, value: milliseconds('raw'), unit: 'ms' },
      ...(['', 'bound '] as const).flatMap((kind): Figure[] => {
        const what = `select and decrypt ${ROWS} rows${kind === '' ? '' : ', bound to their row'}`;
        return [
          { name: `${what}, engine 'auto'`, value: milliseconds(`${kind}auto`), unit: 'ms' },
          { name: `${what}, engine 'node'`, value: milliseconds(`${kind}node`), unit: 'ms' },
          {
            name: `${what}: engine 'node' / 'auto'`,
            value: ratio(times[`${kind}node`], times[`${kind}auto`]),
            unit: 'x',
          },
          { name: `${what}: 'auto' / not decrypted`, value: ratio(times[`${kind}auto`], times.raw), unit: 'x' },
        ];
      }),
    ];
  } finally {
    await client.end();
    await database.drop();
    await server.stop();
  }
}

function ssnOf(row: number): string {
  return `999-00-${String(row).padStart(4, '0')}`;
}
