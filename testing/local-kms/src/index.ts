export { AwsError } from './aws-error.js';
export type { KmsCall } from './call-log.js';
export type { OperationName } from './dispatch.js';
export type { KmsEncryptionContext } from './encryption-context.js';
export type { Fault } from './faults.js';
export type { CreateKeyOptions, LocalKms, LocalKmsOptions } from './local-kms.js';
export { LocalKmsError, type LocalKmsErrorCode } from './local-kms-error.js';
export type { SeedAlias, SeedKey, SeedObject } from './seed-object.js';
export { startLocalKms } from './start-local-kms.js';
