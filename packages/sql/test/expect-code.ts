import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';
import { expect } from 'vitest';

/** Runs what must fail with this code, and gives the error. */
export async function expectCode(code: ErrorCode, work: () => unknown): Promise<SqlcrypterError> {
  let result: unknown;
  try {
    result = await work();
  } catch (error) {
    if (!SqlcrypterError.is(error)) throw error;
    expect(error.code).toBe(code);
    return error;
  }
  return expect.unreachable(`expected ${code}, but it gave a value of type ${typeof result}`);
}
