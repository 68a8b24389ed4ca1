export { aborted, onAbort } from './abort.js';
export { BatchDecryption } from './batch-decryption.js';
export type { BatchKeys, KeyToOpen, KeyToSeal } from './batch-engine/batch-keys.js';
export { Pace } from './batch-engine/pace.js';
export { ownBytes, type ReadPlaintext } from './batch-engine/read-plaintext.js';
export { ByteCopies } from './byte-copies.js';
export { isCloseable, isCrypterer, isKeyLoader, isSyncCrypterer } from './capabilities.js';
export {
  checkCallOptions,
  checkOptionNames,
  checkPositive,
  checkPositiveInteger,
  readOptions,
  takeOptions,
} from './check-options.js';
export type { Configuration } from './configuration.js';
export { authFailed, DataKey } from './data-key.js';
export {
  type CryptererImplementation,
  type DefinedCrypterer,
  defineCrypterer,
  type ProviderOptions,
} from './define-crypterer.js';
export { DerivedKeyCache } from './derived-key-cache.js';
export { encodeContext, encodeOwnContext } from './encryption-context.js';
export {
  encodeFrameHeader,
  type Frame,
  type FrameLayout,
  type KeyReference,
  looksLikeFrame,
  parseFrame,
} from './frame.js';
export { genuineBytes } from './genuine-bytes.js';
export { haveSameFacts } from './key-facts.js';
export type {
  GeneratedDataKey,
  KeyService,
  KeyServiceOptions,
  UnwrappedDataKey,
  WrappedDataKey,
} from './key-service.js';
export type { KeyFacts, KeyPurpose, KeyRecord, KeyState, KeyStatus, KeyStore, KeyWrap, NewKey } from './key-store.js';
export { chooseCrypterer, chooseSyncCrypterer, emptyLease } from './module-functions.js';
export { isPlainObject } from './plain-object.js';
export { checkScope } from './scope.js';
export { causeOf } from './sqlcrypter-error.js';
export { checkSuite, SUITES, type SuiteParameters } from './suite.js';
export { withoutStackTraces } from './without-stack-traces.js';
