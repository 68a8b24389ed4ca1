import type { TestDatabase, TestServer } from '@sqlcrypter/test-databases';
import pg from 'pg';

/** A database of its own for one part of the tour, and a connection to it. */
export interface EmployeeDatabase {
  readonly database: TestDatabase;
  readonly db: pg.Client;
}

/** Hands an empty database to `use`, and drops it whatever comes of it. */
export async function withEmployeeDatabase<T>(
  server: TestServer,
  use: (employeeDatabase: EmployeeDatabase) => Promise<T>,
): Promise<T> {
  const database = await server.createDatabase('employees');
  const db = new pg.Client(database.connection);
  try {
    await db.connect();
    return await use({ database, db });
  } finally {
    await db.end();
    await database.drop();
  }
}
