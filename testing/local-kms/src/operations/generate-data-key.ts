import { randomBytes } from 'node:crypto';
import { AwsError, validationError } from '../aws-error.js';
import { requireEnabled } from '../kms-key.js';
import {
  encryptionContext,
  optionalInteger,
  optionalString,
  type RequestFields,
  requiredString,
} from '../request-fields.js';
import { wrapUnder } from '../wrapping.js';
import type { Operation } from './operation.js';

export const generateDataKey: Operation = (fields, { store, region, authenticateArn }) => {
  const keyId = requiredString(fields, 'KeyId');
  const length = dataKeyLength(fields);
  const context = encryptionContext(fields);
  const key = store.find(region, keyId);
  requireEnabled(key);

  const plaintext = randomBytes(length);
  const blob = wrapUnder(key, plaintext, context, authenticateArn);
  return {
    CiphertextBlob: blob.toString('base64'),
    Plaintext: plaintext.toString('base64'),
    KeyId: key.arn,
  };
};

export const generateDataKeyWithoutPlaintext: Operation = (fields, scope) => {
  const { Plaintext: _, ...withoutPlaintext } = generateDataKey(fields, scope) ?? {};
  return withoutPlaintext;
};

function dataKeyLength(fields: RequestFields): number {
  const numberOfBytes = optionalInteger(fields, 'NumberOfBytes', 1, 1024);
  const keySpec = optionalString(fields, 'KeySpec');
  if ((numberOfBytes === undefined) === (keySpec === undefined)) {
    throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.');
  }
  if (numberOfBytes !== undefined) return numberOfBytes;
  if (keySpec === 'AES_256') return 32;
  if (keySpec === 'AES_128') return 16;
  throw validationError(
    `Value '${keySpec}' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [AES_256, AES_128]`,
  );
}
