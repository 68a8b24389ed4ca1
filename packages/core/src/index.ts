export { decryptMany, encryptMany } from './batch.js';
export type { BatchOptions } from './batch-call.js';
export type { EngineChoice } from './batch-engine/choose-engine.js';
export type {
  Closeable,
  Crypterer,
  CryptOptions,
  EncryptionContext,
  KeyLease,
  KeyLoader,
  LoadKeysOptions,
  OnError,
  SyncCrypterer,
} from './crypterer.js';
export type { ErrorCode } from './error-code.js';
export { generateBytes } from './generate-bytes.js';
export {
  type CryptererChoice,
  decrypt,
  decryptSync,
  encrypt,
  encryptSync,
  loadKeys,
} from './module-functions.js';
export { getCrypterer, init, type RegisterOptions, register, shutdown } from './registry.js';
export { type ErrorCause, type ErrorDetails, SqlcrypterError } from './sqlcrypter-error.js';
export type { Suite } from './suite.js';
export type { DecryptItem, EncryptItem } from './taken-values.js';
