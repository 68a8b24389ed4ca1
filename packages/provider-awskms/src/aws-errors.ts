import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';
import { causeOf } from '@sqlcrypter/core/provider';
import { type FailedCall, messageOf, NO_REGION_MESSAGE } from './aws-error-messages.js';

/**
 * The words of AWS KMS that say something about a key, a permission, a blob or a request. A key in memory is given up
 * for some of their codes, so this is an allow-list: whatever is not on it is an outage.
 */
const CODES: Readonly<Record<string, ErrorCode>> = {
  AccessDeniedException: 'KMS_DENIED',
  DisabledException: 'KEY_DISABLED',
  NotFoundException: 'KEY_NOT_FOUND',
  IncorrectKeyException: 'KMS_WRONG_KEY',
  InvalidCiphertextException: 'KMS_INVALID_BLOB',
  InvalidKeyUsageException: 'CONFIG',
  UnsupportedOperationException: 'CONFIG',
  InvalidArnException: 'CONFIG',

  LimitExceededException: 'KMS_THROTTLED',
  RequestLimitExceeded: 'KMS_THROTTLED',
  Throttling: 'KMS_THROTTLED',
  ThrottlingException: 'KMS_THROTTLED',
  TooManyRequestsException: 'KMS_THROTTLED',
};

/** One exception has many reasons; in AWS's words this one is a decision: `<arn> is pending deletion.` */
const PENDING_DELETION = /^\S+ is pending (replica )?deletion\b/i;

/** The form of names that AWS and the SDK give to errors. Anything else may be a piece of an answer. */
const ERROR_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** What the SDK says, word for word, where nothing tells it the Region. */
const NO_REGION = 'Region is missing';

/** What Node calls failures on the way to a server. They hold no secret, and tell one from another. */
const NETWORK_ERROR = /^(E[A-Z_]{3,30}|CERT_[A-Z_]{3,40}|[A-Z_]{3,40}_CERT[A-Z_]{0,40})$/;

/** What is known of an error of the SDK. */
interface AwsError {
  readonly name: string;
  readonly message: string;
  readonly status?: number;
  readonly requestId?: string;
}

/**
 * What an error of the AWS SDK means. Nothing of its message is kept: the SDK quotes answers that it cannot parse, and
 * an answer holds the data key.
 */
export function translateAwsError(error: unknown, call: FailedCall): SqlcrypterError {
  if (SqlcrypterError.is(error)) return error;
  const { name, message, status, requestId } = readError(error);
  const { keyId } = call;
  if (message === NO_REGION) return new SqlcrypterError('CONFIG', NO_REGION_MESSAGE, { keyRef: keyId });
  const code = codeOf(name, message, status, call);
  return new SqlcrypterError(code, messageOf(code, { name, status }, call), {
    cause: { name, ...(status !== undefined && { status }), ...(requestId !== undefined && { requestId }) },
    keyRef: keyId,
  });
}

/** Errors may have getters that throw, or be no errors at all. */
function readError(error: unknown): AwsError {
  try {
    const { $metadata, code, cause, message } = (typeof error === 'object' && error !== null ? error : {}) as {
      readonly [name: string]: unknown;
    };
    const { httpStatusCode, requestId } = ($metadata ?? {}) as { readonly [name: string]: unknown };
    const network = [code, (cause as { code?: unknown } | undefined)?.code].find((each) => typeof each === 'string');
    const given = typeof network === 'string' && NETWORK_ERROR.test(network) ? network : causeOf(error).name;
    return {
      name: ERROR_NAME.test(given) ? given : 'UnknownError',
      message: typeof message === 'string' ? message : '',
      ...(typeof httpStatusCode === 'number' && { status: httpStatusCode }),
      ...(typeof requestId === 'string' && { requestId }),
    };
  } catch {
    return { name: 'UnknownError', message: '' };
  }
}

function codeOf(
  name: string,
  message: string,
  status: number | undefined,
  { action, isRequest }: FailedCall,
): ErrorCode {
  if (!isRequest) return 'KMS_UNAVAILABLE';
  if (Object.hasOwn(CODES, name)) return CODES[name] as ErrorCode;
  // A request that is malformed: on decryption only the stored blob can be the reason.
  if (name === 'ValidationException') return action === 'kms:Decrypt' ? 'KMS_INVALID_BLOB' : 'CONFIG';
  if (name === 'KMSInvalidStateException' && PENDING_DELETION.test(message)) return 'KEY_DISABLED';
  return status === 429 ? 'KMS_THROTTLED' : 'KMS_UNAVAILABLE';
}
