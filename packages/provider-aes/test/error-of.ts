import { SqlcrypterError } from '@sqlcrypter/core';

/** The error that a call throws or rejects with; fails if it has no code. */
export async function errorOf(call: () => unknown): Promise<SqlcrypterError> {
  let value: unknown;
  try {
    value = await call();
  } catch (error) {
    if (SqlcrypterError.is(error)) return error;
    throw new Error('the error has no code', { cause: error });
  }
  throw new Error(`expected an error, got ${typeof value}`);
}
