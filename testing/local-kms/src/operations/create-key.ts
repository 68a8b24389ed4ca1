import { unsupported } from '../aws-error.js';
import { optionalBoolean, optionalString, type RequestFields } from '../request-fields.js';
import { keyMetadata } from './key-metadata.js';
import type { Operation } from './operation.js';

/** The one kind of key that exists here, by the fields that could ask for another. */
const SERVED: Readonly<Record<string, string>> = {
  KeySpec: 'SYMMETRIC_DEFAULT',
  CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
  KeyUsage: 'ENCRYPT_DECRYPT',
  Origin: 'AWS_KMS',
};

export const createKey: Operation = (fields, { store, region }) => {
  refuseOtherKinds(fields);
  const key = store.add({
    region,
    description: optionalString(fields, 'Description'),
    multiRegion: optionalBoolean(fields, 'MultiRegion'),
  });
  return { KeyMetadata: keyMetadata(key, store) };
};

function refuseOtherKinds(fields: RequestFields): void {
  for (const [name, served] of Object.entries(SERVED)) {
    const value = optionalString(fields, name) ?? served;
    if (value !== served) throw unsupported(`${name} ${value} is not served by the local KMS: ${served} is.`);
  }
}
