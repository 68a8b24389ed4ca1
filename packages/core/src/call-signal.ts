import { aborted } from './abort.js';
import { SqlcrypterError, unreadable } from './sqlcrypter-error.js';

/** Errors: `INVALID_ARGUMENT` for what is no signal, `ABORTED` for one that has fired. */
export function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  if (hasFired(signal)) throw aborted();
}

function hasFired(signal: unknown): boolean {
  try {
    if (signal instanceof AbortSignal) return signal.aborted;
  } catch (error) {
    throw unreadable(error, 'The signal');
  }
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    `The signal is of type ${signal === null ? 'null' : typeof signal}. Expected an AbortSignal.`,
  );
}
