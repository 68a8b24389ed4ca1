export {
  type Closeable,
  type Crypterer,
  type CryptOptions,
  crypterer,
  decrypt,
  decryptMany,
  decryptSync,
  type EncryptionContext,
  type ErrorCode,
  encrypt,
  encryptMany,
  encryptSync,
  generateBytes,
  init,
  type KeyLease,
  loadKeys,
  register,
  SqlcrypterError,
  type Suite,
  shutdown,
} from '@sqlcrypter/core';
export { type AwsKmsCrypterer, type AwsKmsCryptererOptions, createAwsKmsCrypterer } from './aws-kms-crypterer.js';
export type {
  DekEvent,
  DekLimits,
  DekMessage,
  EnvelopeStats,
  Generate,
  GoFrames,
  KmsMessage,
} from './envelope/index.js';
export type { KmsClient } from './kms-client.js';
