import type { PostgresDatabase } from './employees.js';

type Row = Readonly<Record<string, string | null>>;

/** One row as the server prints it: what psql, an administrator or an SQL injection sees. */
export async function employeeAsStored(db: PostgresDatabase, id: string): Promise<Row> {
  const { rows } = await db.query<Row>('select id::text, name, ssn::text, salary::text from employee where id = $1', [
    id,
  ]);
  const [row] = rows;
  if (row === undefined) throw new Error(`There is no employee ${id}.`);
  return row;
}

/** Who has an SSN, and the id of the local key that it is encrypted under: every value names its key, in clear. */
export async function ssnKeys(db: PostgresDatabase): Promise<{ name: string; key: string }[]> {
  const { rows } = await db.query<{ name: string; key: string }>(
    `select name, encode(substring(ssn from 5 for 4), 'hex') as key from employee where ssn is not null order by name`,
  );
  return rows;
}
