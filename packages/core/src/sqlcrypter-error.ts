import { types } from 'node:util';
import { type ErrorCode, isRetryable } from './error-code.js';
import { printable } from './printable.js';

const MARK = Symbol.for('@sqlcrypter/core/error');

/** What is known of a foreign error that caused this one. Its message is left out: it may quote a key or a value. */
export interface ErrorCause {
  /** The foreign error's name, e.g. `AccessDeniedException`. */
  readonly name: string;
  /** HTTP status of a KMS answer. */
  readonly status?: number;
  /** The KMS's id of the request, for its operators. */
  readonly requestId?: string;
}

/** What a {@link SqlcrypterError} can tell beside its code and message. */
export interface ErrorDetails {
  readonly cause?: ErrorCause | undefined;
  /** The key concerned: a key id, a fingerprint in hex, or a key ARN. */
  readonly keyRef?: string | undefined;
  /** The column's label. */
  readonly column?: string | undefined;
  /** Position of the item in a batch. */
  readonly index?: number | undefined;
}

/**
 * The one error class of sqlcrypter. `code` is stable and what programs compare; the message says what happened, what
 * was expected and what to do. Neither message, cause, inspect nor JSON holds plaintext or key bytes. What a message or
 * `keyRef` quotes has no control characters: they stand there escaped.
 */
export class SqlcrypterError extends Error {
  declare readonly name: 'SqlcrypterError';
  readonly code: ErrorCode;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;
  declare readonly cause?: ErrorCause;
  declare readonly keyRef?: string;
  declare readonly column?: string;
  declare readonly index?: number;

  static {
    // `instanceof` knows those of another copy, as `is` does. A class that extends this one is asked about itself.
    Object.defineProperty(SqlcrypterError, Symbol.hasInstance, {
      value(this: unknown, value: unknown): boolean {
        if (this === SqlcrypterError) return SqlcrypterError.is(value);
        return Function.prototype[Symbol.hasInstance].call(this, value);
      },
    });
    // What all errors have stands once: a batch may make as many errors as it has values.
    Object.defineProperties(SqlcrypterError.prototype, {
      name: { value: 'SqlcrypterError' },
      [MARK]: { value: true },
    });
  }

  constructor(code: ErrorCode, message: string, { cause, keyRef, column, index }: ErrorDetails = {}) {
    super(printable(message));
    this.code = code;
    this.retryable = isRetryable(code);
    if (cause !== undefined) this.cause = cause;
    if (keyRef !== undefined) this.keyRef = printable(keyRef);
    if (column !== undefined) this.column = printable(column);
    if (index !== undefined) this.index = index;
  }

  /** Whether a value is a SqlcrypterError, also one made by another copy of this package in the process. */
  static is(value: unknown): value is SqlcrypterError {
    try {
      return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[MARK] === true;
    } catch {
      // A getter or a proxy threw: whatever it is, it is none of ours.
      return false;
    }
  }

  /** The same error, with what a caller further out knows of it: the column, the position in a batch. */
  static withDetails(error: SqlcrypterError, details: ErrorDetails): SqlcrypterError {
    const { cause, keyRef, column, index } = error;
    return new SqlcrypterError(error.code, error.message, {
      cause: details.cause ?? cause,
      keyRef: details.keyRef ?? keyRef,
      column: details.column ?? column,
      index: details.index ?? index,
    });
  }

  toJSON(): Record<string, unknown> {
    const { name, message, code, retryable, cause, keyRef, column, index } = this;
    return { name, message, code, retryable, cause, keyRef, column, index };
  }
}

/** What an error's name looks like. Anything else may be a value that somebody put there. */
const ERROR_NAME = /^[A-Za-z][A-Za-z0-9]{0,63}$/;

/** The part of a foreign error that is safe to keep: its name, and nothing of its message. */
export function causeOf(error: unknown): ErrorCause {
  try {
    // In Jest, Node's own errors are of another realm than the program. A DOMException is no native error.
    if (!types.isNativeError(error) && !(error instanceof Error)) return { name: typeof error };
    const { name } = error;
    if (typeof name === 'string' && ERROR_NAME.test(name)) return { name };
  } catch {
    // A getter or a Proxy threw: its error is as foreign as the one that has it.
  }
  return { name: 'UnknownError' };
}

/** The error of an argument that threw while it was read: a getter, a proxy, an iterator. One with a code stays as it is. */
export function unreadable(error: unknown, what: string, code: ErrorCode = 'INVALID_ARGUMENT'): SqlcrypterError {
  if (SqlcrypterError.is(error)) return error;
  return new SqlcrypterError(
    code,
    `${what} cannot be read: a getter, a proxy or an iterator of it threw an error. Expected plain data.`,
    { cause: causeOf(error) },
  );
}
