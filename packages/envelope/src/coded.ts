import { SqlcrypterError } from '@sqlcrypter/core';
import { causeOf } from '@sqlcrypter/core/provider';

/** The error, or one with a code in its place. @param of what threw it, as its author knows it. */
export function coded(error: unknown, of: string): SqlcrypterError {
  if (SqlcrypterError.is(error)) return error;
  return new SqlcrypterError(
    'PROVIDER_FAILED',
    `The ${of} threw an error that has no code, which is a defect of it. Its message is not repeated because it may ` +
      "hold a key; its name is this error's cause.",
    { cause: causeOf(error) },
  );
}
