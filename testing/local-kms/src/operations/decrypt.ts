import { AwsError } from '../aws-error.js';
import { parseBlob } from '../ciphertext-blob.js';
import { type KmsKey, requireEnabled } from '../kms-key.js';
import {
  encryptionContext,
  optionalIdentifier,
  type RequestFields,
  requiredBytes,
  requireSymmetric,
} from '../request-fields.js';
import { unwrapUnder } from '../wrapping.js';
import type { Operation, OperationScope } from './operation.js';

const MAXIMUM_BLOB_LENGTH = 6144;

export const decrypt: Operation = (fields, scope) => {
  requireSymmetric(fields, 'EncryptionAlgorithm');
  const { key, plaintext } = openBlob(fields, scope, { keyId: 'KeyId', context: 'EncryptionContext' });
  return { KeyId: key.arn, Plaintext: plaintext.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
};

/** Decrypts the blob of a request whose fields for key and context have these names. */
export function openBlob(
  fields: RequestFields,
  { store, region }: OperationScope,
  names: { keyId: string; context: string },
): { key: KmsKey; plaintext: Buffer } {
  const bytes = requiredBytes(fields, 'CiphertextBlob', MAXIMUM_BLOB_LENGTH);
  const context = encryptionContext(fields, names.context);
  const keyId = optionalIdentifier(fields, names.keyId);
  const named = keyId === undefined ? undefined : store.find(region, keyId);

  const blob = parseBlob(bytes);
  const key = keyOfBlob(store.findRelative(region, blob.header.keyArn), named);
  requireEnabled(key);
  return { key, plaintext: unwrapUnder(key, blob, context) };
}

function keyOfBlob(own: KmsKey | undefined, named: KmsKey | undefined): KmsKey {
  if (named && own !== named) {
    throw new AwsError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    );
  }
  if (own) return own;
  throw new AwsError(
    'AccessDeniedException',
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  );
}
