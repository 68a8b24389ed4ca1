import type { ErrorCode } from '@sqlcrypter/core';
import { regionOf } from './key-arn.js';

/** The KMS actions this provider needs: the last two with a key table only. */
export type KmsAction = 'kms:GenerateDataKey' | 'kms:Decrypt' | 'kms:Encrypt' | 'kms:ReEncrypt*';

/** A call that failed. */
export interface FailedCall {
  readonly action: KmsAction;
  readonly keyId: string;
  /** Of the client that made it, as far as it is known. */
  readonly region: string | undefined;
  /** Whether the request itself failed, and not what the SDK does before it. */
  readonly isRequest: boolean;
}

type Message = (call: FailedCall, name: string) => string;

const MESSAGES: Partial<Record<ErrorCode, Message>> = {
  KMS_DENIED: (call) =>
    `AWS KMS refused ${call.action} on ${call.keyId}${inRegion(call)}. Expected credentials whose IAM policy, and a key ` +
    `policy, allow ${call.action} on the ARN of that key (and of every key in decryptKeyArns) in that Region.`,
  KEY_DISABLED: (call) =>
    `The KMS key behind ${call.keyId} is disabled or pending deletion${inRegion(call)}. Enable it, or cancel its ` +
    'deletion: until then values under it cannot be read.',
  KEY_NOT_FOUND: (call) =>
    `AWS KMS does not know the key ${call.keyId} in this account${inRegion(call)}. Check keyId (an alias begins with ` +
    'alias/), the Region of the client and whether the key was deleted.',
  KMS_WRONG_KEY: (call) =>
    `AWS KMS${inRegion(call)} says that the value was wrapped by another key. Check which account and Region wrote it.`,
  KMS_INVALID_BLOB: (call) =>
    `AWS KMS${inRegion(call)} calls the wrapped data key invalid: the value was changed, or it was written with another ` +
    'encryptionContext or in another account.',
  CONFIG: (call) =>
    `AWS KMS cannot use ${call.keyId} for ${call.action}. Expected a symmetric encryption key (SYMMETRIC_DEFAULT).`,
  KMS_THROTTLED: (call) =>
    `AWS KMS throttles ${call.action} in this account${inRegion(call)}. Try again later; a larger dekCache or a key ` +
    'table makes fewer calls.',
  KMS_UNAVAILABLE: (call, name) =>
    `AWS KMS could not be reached, or failed on its side (${name}${inRegion(call)}). Try again; check the network, the ` +
    'Region and the endpoint.',
};

export const NO_REGION_MESSAGE =
  'The AWS SDK has no Region to call AWS KMS in. Set AWS_REGION, give keyId as an ARN, or pass a client that has one.';

const NO_CREDENTIALS: Message = (_call, name) =>
  `The AWS SDK has no valid credentials to call AWS KMS with (${name}). Try again if they come from a service that may ` +
  'be down (instance metadata, STS, SSO); else set them up as for any program that uses the AWS SDK.';

const NOT_SENT: Message = (_call, name) =>
  `AWS KMS was not asked: the AWS SDK failed before it could send the request (${name}). Most likely it could not get ` +
  'credentials. Try again if they come from a service that may be down (instance metadata, STS, SSO, an identity ' +
  'provider); else check how they are set up, and the endpoint.';

const BAD_CREDENTIALS: Message = (_call, name) =>
  `AWS does not accept the credentials themselves (${name}): the access key is unknown, the secret is wrong, or the ` +
  'clock of this machine is off. Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN or AWS_PROFILE. ' +
  'Data keys in memory stay in use.';

const BAD_STATE: Message = (call, name) =>
  `AWS KMS cannot use ${call.keyId} at this moment${inRegion(call)} (${name}): its external or custom key store does not ` +
  'answer or is disconnected, its key material is missing, or it is being made. Try again; see the state of the key.';

const UNKNOWN_REFUSAL: Message = (call, name) =>
  `AWS refused ${call.action} on ${call.keyId}${inRegion(call)} with ${name}, which says nothing certain about the key. ` +
  'Data keys in memory stay in use. Look that exception up in the documentation of AWS KMS.';

/** What is said where the name of an outage tells more than its code. */
const BY_NAME: Readonly<Record<string, Message>> = {
  CredentialsProviderError: NO_CREDENTIALS,
  TokenProviderError: NO_CREDENTIALS,
  ExpiredToken: NO_CREDENTIALS,
  ExpiredTokenException: NO_CREDENTIALS,
  RequestExpired: BAD_CREDENTIALS,
  IncompleteSignature: BAD_CREDENTIALS,
  IncompleteSignatureException: BAD_CREDENTIALS,
  InvalidClientTokenId: BAD_CREDENTIALS,
  InvalidSignatureException: BAD_CREDENTIALS,
  SignatureDoesNotMatch: BAD_CREDENTIALS,
  MissingAuthenticationToken: BAD_CREDENTIALS,
  MissingAuthenticationTokenException: BAD_CREDENTIALS,
  UnrecognizedClientException: BAD_CREDENTIALS,
  KMSInvalidStateException: BAD_STATE,
  OptInRequired: UNKNOWN_REFUSAL,
};

/** What an error says. `name` and `status` are what AWS or the SDK called it. */
export function messageOf(
  code: ErrorCode,
  { name, status }: { readonly name: string; readonly status: number | undefined },
  call: FailedCall,
): string {
  const byCode = MESSAGES[code] as Message;
  if (code !== 'KMS_UNAVAILABLE') return byCode(call, name);
  const byName = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (!call.isRequest) return (byName === NO_CREDENTIALS ? NO_CREDENTIALS : NOT_SENT)(call, name);
  if (byName !== undefined) return byName(call, name);
  const isRefusal = name.endsWith('Exception') && (status === 400 || status === 403);
  return (isRefusal ? UNKNOWN_REFUSAL : byCode)(call, name);
}

function inRegion({ region, keyId }: FailedCall): string {
  const ofKey = regionOf(keyId);
  const called = region ?? ofKey;
  if (called === undefined) return '';
  const elsewhere = ofKey === undefined || ofKey === called ? '' : `, while the key is in ${ofKey}`;
  return ` in the Region ${called}${elsewhere}`;
}
