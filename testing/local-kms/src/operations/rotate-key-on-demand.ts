import { randomBytes } from 'node:crypto';
import { unsupported } from '../aws-error.js';
import { requireEnabled } from '../kms-key.js';
import { requiredString } from '../request-fields.js';
import type { Operation } from './operation.js';

export const rotateKeyOnDemand: Operation = (fields, { store, region }) => {
  const key = store.findByKeyId(region, requiredString(fields, 'KeyId'));
  requireEnabled(key);
  if (key.multiRegion === 'REPLICA') throw unsupported(`${key.arn} is a replica: rotate its primary key.`);
  if (key.origin === 'EXTERNAL') throw unsupported(`${key.arn} has imported key material, which is not rotated here.`);
  key.material.backingKeys.push(randomBytes(32));
  return { KeyId: key.keyId };
};
