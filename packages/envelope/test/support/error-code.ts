import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';

/** The error of a call that must fail. */
export async function errorOf(call: Promise<unknown> | (() => unknown)): Promise<SqlcrypterError> {
  try {
    await (typeof call === 'function' ? call() : call);
  } catch (error) {
    if (SqlcrypterError.is(error)) return error;
    throw error;
  }
  throw new Error('The call succeeded, and it must not.');
}

/** The code of a call that must fail. An error without a code is thrown on. */
export async function codeOf(call: Promise<unknown> | (() => unknown)): Promise<ErrorCode> {
  return (await errorOf(call)).code;
}

/** `ok`, or the code of the failure. */
export async function outcomeOf(call: Promise<unknown> | (() => unknown)): Promise<ErrorCode | 'ok'> {
  try {
    await (typeof call === 'function' ? call() : call);
    return 'ok';
  } catch (error) {
    if (SqlcrypterError.is(error)) return error.code;
    throw error;
  }
}
