import { requireEnabled } from '../kms-key.js';
import { encryptionContext, requiredBytes, requiredString, requireSymmetric } from '../request-fields.js';
import { wrapUnder } from '../wrapping.js';
import type { Operation } from './operation.js';

const MAXIMUM_PLAINTEXT_LENGTH = 4096;

export const encrypt: Operation = (fields, { store, region, authenticateArn }) => {
  const keyId = requiredString(fields, 'KeyId');
  const plaintext = requiredBytes(fields, 'Plaintext', MAXIMUM_PLAINTEXT_LENGTH);
  const context = encryptionContext(fields);
  requireSymmetric(fields, 'EncryptionAlgorithm');
  const key = store.find(region, keyId);
  requireEnabled(key);

  const blob = wrapUnder(key, plaintext, context, authenticateArn);
  return { CiphertextBlob: blob.toString('base64'), KeyId: key.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
};
