/**
 * - `CONFIG`: an argument or an environment variable is not usable as it stands.
 * - `UNREACHABLE`: the server that an environment variable names does not accept the login.
 * - `START_FAILED`: a server that was started here did not come up; the message ends with what it printed.
 */
export type TestDatabaseErrorCode = 'CONFIG' | 'UNREACHABLE' | 'START_FAILED';

/** Why there is no database. The message says what to do; it never holds a password. */
export class TestDatabaseError extends Error {
  readonly code: TestDatabaseErrorCode;

  constructor(code: TestDatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TestDatabaseError';
    this.code = code;
  }
}
