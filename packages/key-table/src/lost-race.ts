import { setTimeout as pause } from 'node:timers/promises';

/** PostgreSQL: serialization failure, deadlock, lock not available. */
const SQLSTATES: readonly unknown[] = ['40001', '40P01', '55P03'];
/** MariaDB and MySQL: record changed since it was read, lock wait timeout, deadlock. */
const ERRNOS: readonly unknown[] = [1020, 1205, 1213];
/** SQLite, in the lowest byte of its extended codes. */
const SQLITE_BUSY = 5;

const MOST_ATTEMPTS = 6;
/** Milliseconds: before the second attempt, doubling from there, and jittered. */
const FIRST_PAUSE = 10;
/** Milliseconds after which nothing is tried again: a database that waits for locks itself has done enough of it. */
const PATIENCE = 5_000;

/** Whether a unique index was hit: another process was faster. */
export function isDuplicate(error: unknown): boolean {
  const { code, errno, message } = partsOf(error);
  return code === '23505' || errno === 1062 || String(message).includes('UNIQUE constraint failed');
}

/** Whether the database gave a statement up in favour of another one's. Nothing was done. */
export function isContention(error: unknown): boolean {
  const { code, errno, errcode, message } = partsOf(error);
  if (SQLSTATES.includes(code) || ERRNOS.includes(errno)) return true;
  if (String(code).startsWith('SQLITE_BUSY') || (Number(errcode) & 0xff) === SQLITE_BUSY) return true;
  return String(message).includes('database is locked');
}

/** Runs a statement of its own transaction, and again while it loses against others, within limits. */
export async function withRetries<T>(statement: () => Promise<T>): Promise<T> {
  const start = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await statement();
    } catch (error) {
      if (!isContention(error) || attempt === MOST_ATTEMPTS || performance.now() - start > PATIENCE) throw error;
      await pause(FIRST_PAUSE * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
    }
  }
}

function partsOf(error: unknown): { readonly [name: string]: unknown } {
  return (error ?? {}) as { readonly [name: string]: unknown };
}
