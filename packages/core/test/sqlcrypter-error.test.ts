import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, isRetryable } from '../src/error-code.js';
import { causeOf, SqlcrypterError } from '../src/sqlcrypter-error.js';
import { otherCopies } from './other-copies.js';

const RETRYABLE: readonly ErrorCode[] = [
  'DEK_EXHAUSTED',
  'KMS_TIMEOUT',
  'KMS_THROTTLED',
  'KMS_UNAVAILABLE',
  'KMS_RATE_LIMITED',
  'KEY_STORE_UNAVAILABLE',
];
const FINAL: readonly ErrorCode[] = [
  'FRAME_TRUNCATED',
  'FRAME_UNKNOWN',
  'FRAME_UNSUPPORTED',
  'KEY_NOT_FOUND',
  'KEY_NOT_LOADED',
  'KEY_COMMITMENT',
  'KEY_DISABLED',
  'KEY_DESTROYED',
  'AUTH_FAILED',
  'KMS_DENIED',
  'KMS_WRONG_KEY',
  'KMS_INVALID_BLOB',
  'CONTEXT_INVALID',
  'INVALID_ARGUMENT',
  'PLAINTEXT_TOO_LARGE',
  'CONFIG',
  'UNSUPPORTED',
  'PROVIDER_FAILED',
  'NOT_INITIALIZED',
  'ALREADY_INITIALIZED',
  'DISPOSED',
  'ABORTED',
];

describe('an error', () => {
  it('is an Error with a code, a message and a name', () => {
    const error = new SqlcrypterError('AUTH_FAILED', 'It does not authenticate.');
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'SqlcrypterError', code: 'AUTH_FAILED', message: 'It does not authenticate.' });
    expect(String(error)).toBe('SqlcrypterError: It does not authenticate.');
    expect(error.stack).toContain('sqlcrypter-error.test');
  });

  it('says whether a retry may help', () => {
    for (const code of RETRYABLE) expect([code, new SqlcrypterError(code, '').retryable]).toEqual([code, true]);
    for (const code of FINAL) expect([code, isRetryable(code)]).toEqual([code, false]);
  });

  it('has only those details that are known', () => {
    const bare = new SqlcrypterError('INVALID_ARGUMENT', 'm', { keyRef: undefined });
    for (const name of ['cause', 'keyRef', 'column', 'index']) expect(name in bare).toBe(false);
    const full = new SqlcrypterError('KMS_DENIED', 'm', {
      cause: { name: 'X', status: 403 },
      keyRef: 'k',
      column: 'c',
      index: 0,
    });
    expect(full).toMatchObject({ cause: { name: 'X', status: 403 }, keyRef: 'k', column: 'c', index: 0 });
  });

  it('becomes JSON with everything that helps, and no stack', () => {
    const error = new SqlcrypterError('KMS_DENIED', 'm', { cause: { name: 'X', requestId: 'r' }, index: 3 });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'SqlcrypterError',
      message: 'm',
      code: 'KMS_DENIED',
      retryable: false,
      cause: { name: 'X', requestId: 'r' },
      index: 3,
    });
  });

  it('is inspected with code and details', () => {
    const shown = inspect(new SqlcrypterError('KMS_DENIED', 'refused', { keyRef: 'arn' }));
    expect(shown).toContain('SqlcrypterError: refused');
    expect(shown).toContain("code: 'KMS_DENIED'");
    expect(shown).toContain("keyRef: 'arn'");
  });

  it('takes further details without losing what it has', () => {
    const error = new SqlcrypterError('AUTH_FAILED', 'm', { keyRef: 'k', cause: { name: 'X' } });
    const further = SqlcrypterError.withDetails(error, { index: 7, column: 'employee.ssn' });
    expect(further).toMatchObject({ code: 'AUTH_FAILED', message: 'm', keyRef: 'k', index: 7, column: 'employee.ssn' });
    expect(further.cause).toEqual({ name: 'X' });
    expect('index' in error).toBe(false);
  });
});

describe('SqlcrypterError.is', () => {
  it.each(otherCopies)('knows errors of $name, in both directions', ({ core: { SqlcrypterError: OtherError } }) => {
    expect(OtherError).not.toBe(SqlcrypterError);
    const other = new OtherError('DISPOSED', 'm');
    expect(SqlcrypterError.is(other)).toBe(true);
    expect(OtherError.is(new SqlcrypterError('DISPOSED', 'm'))).toBe(true);
    expect(SqlcrypterError.withDetails(other, { index: 1 })).toMatchObject({ code: 'DISPOSED', index: 1 });
  });

  it('takes nothing else for one', () => {
    for (const other of [
      new Error('m'),
      { code: 'INVALID_ARGUMENT' },
      null,
      undefined,
      'INVALID_ARGUMENT',
      () => undefined,
    ]) {
      expect(SqlcrypterError.is(other)).toBe(false);
    }
    expect(SqlcrypterError.is({ ...new SqlcrypterError('INVALID_ARGUMENT', 'm') })).toBe(false);
  });

  it('and causeOf survive what throws when it is looked at', () => {
    const refuse = () => {
      throw new Error('secret');
    };
    for (const hostile of [new Proxy({}, { get: refuse }), new Proxy(new Error(), { getPrototypeOf: refuse })]) {
      expect(SqlcrypterError.is(hostile)).toBe(false);
      expect(Object.keys(causeOf(hostile))).toEqual(['name']);
    }
  });
});

describe('the cause of a foreign error', () => {
  it('is no name that does not look like one, nor what a getter throws', () => {
    expect(causeOf(Object.assign(new Error('x'), { name: '999-00-1234' }))).toEqual({ name: 'UnknownError' });
    const hostile = Object.defineProperty(new Error('x'), 'name', {
      get: () => {
        throw new Error('secret');
      },
    });
    expect(causeOf(hostile)).toEqual({ name: 'UnknownError' });
    const lying = new Proxy({}, { getPrototypeOf: () => hostile.name as never });
    expect(causeOf(lying)).toEqual({ name: 'UnknownError' });
  });

  it('is its name, and nothing of its message', () => {
    const error = new SyntaxError('Unexpected token: SECRET');
    expect(causeOf(error)).toEqual({ name: 'SyntaxError' });
    expect(causeOf(runInNewContext('new RangeError("SECRET")'))).toEqual({ name: 'RangeError' });
    expect(causeOf(AbortSignal.abort().reason)).toEqual({ name: 'AbortError' });
    expect(causeOf('SECRET')).toEqual({ name: 'string' });
    expect(causeOf(null)).toEqual({ name: 'object' });
    expect(causeOf(Object.assign(new Error('m'), { name: 5 }))).toEqual({ name: 'UnknownError' });
  });
});

describe('instanceof SqlcrypterError', () => {
  it.each(otherCopies)('knows errors of $name, in both directions', ({ core: { SqlcrypterError: OtherError } }) => {
    expect(new OtherError('DISPOSED', 'm')).toBeInstanceOf(SqlcrypterError);
    expect(new SqlcrypterError('DISPOSED', 'm')).toBeInstanceOf(OtherError);
  });

  it('takes nothing else for one', () => {
    for (const other of [new Error('m'), { code: 'DISPOSED' }, null, 'DISPOSED']) {
      expect(other instanceof (SqlcrypterError as unknown as new () => unknown)).toBe(false);
    }
  });

  it('does not take every error for one of a class that extends it', () => {
    class OwnError extends SqlcrypterError {}
    expect(new OwnError('DISPOSED', 'm')).toBeInstanceOf(SqlcrypterError);
    expect(new OwnError('DISPOSED', 'm')).toBeInstanceOf(OwnError);
    expect(new SqlcrypterError('DISPOSED', 'm')).not.toBeInstanceOf(OwnError);
  });
});
