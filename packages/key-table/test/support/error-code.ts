import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';

/** The code of a call that must fail. An error without a code is thrown on. */
export async function codeOf(call: Promise<unknown> | (() => unknown)): Promise<ErrorCode> {
  try {
    await (typeof call === 'function' ? call() : call);
  } catch (error) {
    if (SqlcrypterError.is(error)) return error.code;
    throw error;
  }
  throw new Error('The call succeeded, and it must not.');
}
