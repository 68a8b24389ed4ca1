import { requiredString } from '../request-fields.js';
import { keyMetadata } from './key-metadata.js';
import type { Operation } from './operation.js';

export const describeKey: Operation = (fields, { store, region }) => {
  const key = store.find(region, requiredString(fields, 'KeyId'));
  return { KeyMetadata: keyMetadata(key, store) };
};
