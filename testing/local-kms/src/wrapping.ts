import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { invalidCiphertext } from './aws-error.js';
import {
  type BlobHeader,
  type CiphertextBlob,
  encodeBlob,
  encodeHeader,
  NONCE_LENGTH,
  TAG_LENGTH,
} from './ciphertext-blob.js';
import { framedContext, joinedContext, type KmsEncryptionContext } from './encryption-context.js';
import type { KmsKey } from './kms-key.js';

const ALGORITHM = 'aes-256-gcm';

/** Encrypts under the newest backing key of a key. */
export function wrapUnder(
  key: KmsKey,
  plaintext: Uint8Array,
  context: KmsEncryptionContext,
  authenticateArn: boolean,
): Buffer {
  const backingKeyIndex = key.material.backingKeys.length - 1;
  const header = { keyArn: key.arn, backingKeyIndex, authenticated: authenticateArn };
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv(ALGORITHM, backingKey(key, backingKeyIndex), nonce, { authTagLength: TAG_LENGTH });
  cipher.setAAD(authenticatedData(header, context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return encodeBlob({ header, nonce, ciphertext, tag: cipher.getAuthTag() });
}

/** @throws AwsError InvalidCiphertextException where the blob does not authenticate under this key and context. */
export function unwrapUnder(key: KmsKey, blob: CiphertextBlob, context: KmsEncryptionContext): Buffer {
  const decipher = createDecipheriv(ALGORITHM, backingKey(key, blob.header.backingKeyIndex), blob.nonce, {
    authTagLength: TAG_LENGTH,
  });
  decipher.setAAD(authenticatedData(blob.header, context));
  decipher.setAuthTag(blob.tag);
  try {
    return Buffer.concat([decipher.update(blob.ciphertext), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
}

function backingKey(key: KmsKey, index: number): Buffer {
  const bytes = key.material.backingKeys[index];
  if (!bytes) throw invalidCiphertext();
  return bytes;
}

function authenticatedData(header: BlobHeader, context: KmsEncryptionContext): Buffer {
  return header.authenticated ? Buffer.concat([encodeHeader(header), framedContext(context)]) : joinedContext(context);
}
