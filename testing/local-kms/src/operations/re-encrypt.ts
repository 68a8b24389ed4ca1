import { requireEnabled } from '../kms-key.js';
import { encryptionContext, requiredString, requireSymmetric } from '../request-fields.js';
import { wrapUnder } from '../wrapping.js';
import { openBlob } from './decrypt.js';
import type { Operation } from './operation.js';

export const reEncrypt: Operation = (fields, scope) => {
  const destinationKeyId = requiredString(fields, 'DestinationKeyId');
  const destinationContext = encryptionContext(fields, 'DestinationEncryptionContext');
  requireSymmetric(fields, 'SourceEncryptionAlgorithm');
  requireSymmetric(fields, 'DestinationEncryptionAlgorithm');
  const source = openBlob(fields, scope, { keyId: 'SourceKeyId', context: 'SourceEncryptionContext' });
  const destination = scope.store.find(scope.region, destinationKeyId);
  requireEnabled(destination);

  const blob = wrapUnder(destination, source.plaintext, destinationContext, scope.authenticateArn);
  return {
    CiphertextBlob: blob.toString('base64'),
    SourceKeyId: source.key.arn,
    KeyId: destination.arn,
    SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  };
};
