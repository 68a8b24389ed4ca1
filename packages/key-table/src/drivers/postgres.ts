import type { Driver, Row } from '../database.js';

/** What is used of a Pool or Client of `pg`; PGlite has it too. */
export interface PgHandle {
  // biome-ignore lint/suspicious/noExplicitAny: overloads and row types differ by driver and version
  query(text: string, values: any[]): Promise<{ rows: any[] }>;
}

/** What is used of `postgres`. */
export interface PostgresJsHandle {
  // biome-ignore lint/suspicious/noExplicitAny: parameter and row types differ by version
  unsafe(text: string, parameters: any[]): PromiseLike<any>;
}

/** `$1`, `$2`, … for `?`. */
function numbered(sql: string): string {
  let number = 0;
  return sql.replaceAll('?', () => `$${++number}`);
}

export function pgDriver(handle: PgHandle): Driver {
  return {
    dialect: 'postgres',
    query: async (sql, parameters) => (await handle.query(numbered(sql), [...parameters])).rows as Row[],
  };
}

export function postgresJsDriver(handle: PostgresJsHandle): Driver {
  return {
    dialect: 'postgres',
    query: async (sql, parameters) => (await handle.unsafe(numbered(sql), [...parameters])) as Row[],
  };
}
