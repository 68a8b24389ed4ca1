import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';
import { causeOf } from '@sqlcrypter/core/provider';

/** The KMS actions this provider needs: the last two with a key table only. */
export type KmsAction = 'kms:GenerateDataKey' | 'kms:Decrypt' | 'kms:Encrypt' | 'kms:ReEncrypt*';

/** Names of AWS errors, and what they mean here. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  AccessDeniedException: 'KMS_DENIED',
  AccessDenied: 'KMS_DENIED',
  IncompleteSignature: 'KMS_DENIED',
  InvalidClientTokenId: 'KMS_DENIED',
  InvalidGrantTokenException: 'KMS_DENIED',
  InvalidSignatureException: 'KMS_DENIED',
  MissingAuthenticationTokenException: 'KMS_DENIED',
  NotAuthorizedException: 'KMS_DENIED',
  OptInRequired: 'KMS_DENIED',
  UnrecognizedClientException: 'KMS_DENIED',

  DisabledException: 'KEY_DISABLED',
  KMSInvalidStateException: 'KEY_DISABLED',
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

/**
 * There are no credentials, or none that are still good: the service that hands them out is down, or they were never
 * set up. Nobody took a permission away, so keys that are in memory stay in use: not `KMS_DENIED`.
 */
const NO_CREDENTIALS: readonly string[] = [
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
];

/** The form of names that AWS and the SDK give to errors. Anything else may be a piece of an answer. */
const ERROR_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

interface AwsError {
  readonly name?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown; readonly requestId?: unknown };
}

const MESSAGES: Partial<Record<ErrorCode, (action: KmsAction, keyId: string) => string>> = {
  KMS_DENIED: (action, keyId) =>
    `AWS KMS refused ${action} on ${keyId}. Expected credentials whose IAM policy, and a key policy, allow ` +
    `${action} on the ARN of that key (and of every key in decryptKeyArns).`,
  KEY_DISABLED: (_action, keyId) =>
    `The KMS key behind ${keyId} is disabled or pending deletion. Enable it, or cancel its deletion: ` +
    'until then values under it cannot be read.',
  KEY_NOT_FOUND: (_action, keyId) =>
    `AWS KMS does not know the key ${keyId} in this Region and account. Check keyId (an alias begins with alias/), the ` +
    'Region of the client and whether the key was deleted.',
  KMS_WRONG_KEY: () =>
    'AWS KMS says that the value was wrapped by another key. Check which account and Region wrote it.',
  KMS_INVALID_BLOB: () =>
    'AWS KMS calls the wrapped data key invalid: the value was changed, or it was written with another ' +
    'encryptionContext or in another account.',
  CONFIG: (action, keyId) =>
    `AWS KMS cannot use ${keyId} for ${action}. Expected a symmetric encryption key (SYMMETRIC_DEFAULT).`,
  KMS_THROTTLED: (action) =>
    `AWS KMS throttles ${action} in this account and Region. Try again later; a larger dekCache or a key table ` +
    'makes fewer calls.',
  KMS_UNAVAILABLE: () =>
    'AWS KMS could not be reached, or failed on its side. Try again; check the network, the Region and the endpoint.',
};

const NO_CREDENTIALS_MESSAGE =
  'The AWS SDK has no valid credentials to call AWS KMS with. Try again if they come from a service that may be down ' +
  '(instance metadata, STS, SSO); else set them up as for any program that uses the AWS SDK.';

const BAD_CREDENTIALS: readonly string[] = [
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
];

const BAD_CREDENTIALS_MESSAGE =
  'AWS does not accept the credentials themselves: the access key is unknown, the secret is wrong, or the clock of this ' +
  'machine is off. Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN or AWS_PROFILE.';

/** What the SDK says, word for word, where nothing tells it the Region. */
const NO_REGION = 'Region is missing';

const NO_REGION_MESSAGE =
  'The AWS SDK has no Region to call AWS KMS in. Set AWS_REGION, give keyId as an ARN, or pass a client that has one.';

/** What Node calls failures on the way to a server. They hold no secret, and tell one from another. */
const NETWORK_ERROR = /^(E[A-Z_]{3,30}|CERT_[A-Z_]{3,40}|[A-Z_]{3,40}_CERT[A-Z_]{0,40})$/;

/** The code of a network failure, which an error has itself or brings along. */
function networkErrorOf(error: unknown): string | undefined {
  const { code, cause } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown;
    cause?: unknown;
  };
  const own = [code, (cause as { code?: unknown } | undefined)?.code].find((each) => typeof each === 'string');
  return typeof own === 'string' && NETWORK_ERROR.test(own) ? own : undefined;
}

function codeOf(name: string, status: number | undefined, action: KmsAction): ErrorCode {
  if (Object.hasOwn(CODES, name)) return CODES[name] as ErrorCode;
  if (NO_CREDENTIALS.includes(name)) return 'KMS_UNAVAILABLE';
  // A request that is malformed: on decryption only the stored blob can be the reason.
  if (name === 'ValidationException') return action === 'kms:Decrypt' ? 'KMS_INVALID_BLOB' : 'CONFIG';
  if (status === 429) return 'KMS_THROTTLED';
  // Only an exception is the word of AWS. What else has this status comes from a proxy on the way.
  if (name.endsWith('Exception') && (status === 400 || status === 403)) return 'KMS_DENIED';
  return 'KMS_UNAVAILABLE';
}

/**
 * What an error of the AWS SDK means. Nothing of its message is kept: the SDK quotes answers that it cannot parse, and
 * an answer holds the data key.
 */
export function translateAwsError(error: unknown, action: KmsAction, keyId: string): SqlcrypterError {
  if (SqlcrypterError.is(error)) return error;
  const { $metadata: metadata } = (typeof error === 'object' && error !== null ? error : {}) as AwsError;
  const status = typeof metadata?.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
  const requestId = typeof metadata?.requestId === 'string' ? metadata.requestId : undefined;
  if (error instanceof Error && error.message === NO_REGION) {
    return new SqlcrypterError('CONFIG', NO_REGION_MESSAGE, { keyRef: keyId });
  }
  const given = networkErrorOf(error) ?? causeOf(error).name;
  const name = ERROR_NAME.test(given) ? given : 'UnknownError';
  const code = codeOf(name, status, action);
  return new SqlcrypterError(code, messageOf(name, code, action, keyId), {
    cause: { name, ...(status !== undefined && { status }), ...(requestId !== undefined && { requestId }) },
    keyRef: keyId,
  });
}

function messageOf(name: string, code: ErrorCode, action: KmsAction, keyId: string): string {
  if (NO_CREDENTIALS.includes(name)) return NO_CREDENTIALS_MESSAGE;
  if (BAD_CREDENTIALS.includes(name)) return BAD_CREDENTIALS_MESSAGE;
  const message = MESSAGES[code] as (action: KmsAction, keyId: string) => string;
  return message(action, keyId);
}
