import { REGION } from '../arn.js';
import { AwsError, unsupported } from '../aws-error.js';
import { requireEnabled } from '../kms-key.js';
import { optionalString, requiredString } from '../request-fields.js';
import { keyMetadata } from './key-metadata.js';
import type { Operation } from './operation.js';

export const replicateKey: Operation = (fields, { store, region }) => {
  const primary = store.findByKeyId(region, requiredString(fields, 'KeyId'));
  const replicaRegion = requiredString(fields, 'ReplicaRegion');
  if (!REGION.test(replicaRegion)) throw new AwsError('ValidationException', `Invalid region ${replicaRegion}`);
  if (primary.multiRegion !== 'PRIMARY') {
    throw unsupported(`${primary.arn} is not a multi-Region primary key.`);
  }
  requireEnabled(primary);

  const replica = store.addReplica(primary, replicaRegion, optionalString(fields, 'Description') ?? '');
  return { ReplicaKeyMetadata: keyMetadata(replica, store), ReplicaTags: [] };
};
