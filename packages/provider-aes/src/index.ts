export {
  type Closeable,
  type Crypterer,
  type CryptOptions,
  decrypt,
  decryptMany,
  decryptSync,
  type EncryptionContext,
  type ErrorCode,
  encrypt,
  encryptMany,
  encryptSync,
  generateBytes,
  getCrypterer,
  init,
  type KeyLease,
  loadKeys,
  register,
  SqlcrypterError,
  type Suite,
  shutdown,
} from '@sqlcrypter/core';
export { type AesCrypterer, type AesCryptererOptions, createAesCrypterer } from './aes-crypterer.js';
export { type AesKeyServiceOptions, createAesKeyService } from './aes-key-service.js';
export type { GoFrames } from './go-frames.js';
export { type AesKeyMaterial, generateKey, parseKey } from './key-material.js';
export type { AesKey } from './key-ring.js';
