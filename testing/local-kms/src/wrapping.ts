import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AwsError, invalidCiphertext } from './aws-error.js';
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
  const { backingKeys } = key.material;
  const backingKeyIndex = backingKeys.length - 1;
  const newest = backingKeys[backingKeyIndex];
  if (!newest) throw new AwsError('KMSInvalidStateException', `${key.arn} has no key material.`);

  const header = { keyArn: key.arn, backingKeyIndex, authenticated: authenticateArn };
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv(ALGORITHM, newest, nonce, { authTagLength: TAG_LENGTH });
  cipher.setAAD(authenticatedData(header, context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return encodeBlob({ header, nonce, ciphertext, tag: cipher.getAuthTag() });
}

/** @throws AwsError InvalidCiphertextException where the blob does not authenticate under this key and context. */
export function unwrapUnder(key: KmsKey, blob: CiphertextBlob, context: KmsEncryptionContext): Buffer {
  const backingKey = key.material.backingKeys[blob.header.backingKeyIndex];
  if (!backingKey) throw invalidCiphertext();

  const decipher = createDecipheriv(ALGORITHM, backingKey, blob.nonce, { authTagLength: TAG_LENGTH });
  decipher.setAAD(authenticatedData(blob.header, context));
  decipher.setAuthTag(blob.tag);
  try {
    return Buffer.concat([decipher.update(blob.ciphertext), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
}

function authenticatedData(header: BlobHeader, context: KmsEncryptionContext): Buffer {
  return header.authenticated ? Buffer.concat([encodeHeader(header), framedContext(context)]) : joinedContext(context);
}
