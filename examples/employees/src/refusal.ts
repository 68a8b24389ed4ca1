import { SqlcrypterError } from '@sqlcrypter/aes';

/** Why something was refused: the code of a SqlcrypterError, or `CHECK` for a constraint of the table. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** PostgreSQL's code for a violated CHECK. */
const CHECK_VIOLATION = '23514';

/** The refusal that an attempt ends in; undefined if it succeeds. Any other error is thrown. */
export async function refusalOf(attempt: () => unknown): Promise<Refusal | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (SqlcrypterError.is(error)) return { reason: error.code, message: error.message };
    if (error instanceof Error && isCheckViolation(error)) return { reason: 'CHECK', message: error.message };
    throw error;
  }
}

function isCheckViolation(error: Error): boolean {
  // node-sqlite3-wasm tells its errors apart by their messages only.
  return ('code' in error && error.code === CHECK_VIOLATION) || error.message.startsWith('CHECK constraint failed');
}
