import { AwsError } from '../aws-error.js';
import { optionalInteger, requiredString } from '../request-fields.js';
import { epochSeconds } from './key-metadata.js';
import type { Operation } from './operation.js';

const DAY = 86_400_000;

/** The key stays in the store: nothing here waits for the date. */
export const scheduleKeyDeletion: Operation = (fields, { store, region }) => {
  const key = store.findByKeyId(region, requiredString(fields, 'KeyId'));
  const days = optionalInteger(fields, 'PendingWindowInDays', 7, 30) ?? 30;
  if (key.state === 'PendingDeletion' || key.state === 'PendingReplicaDeletion') {
    throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
  }
  const hasReplicas = key.multiRegion === 'PRIMARY' && store.family(key.keyId).length > 1;
  if (hasReplicas) {
    key.state = 'PendingReplicaDeletion';
  } else {
    key.state = 'PendingDeletion';
    key.deletionDate = new Date(Date.now() + days * DAY);
  }
  return {
    KeyId: key.arn,
    KeyState: key.state,
    PendingWindowInDays: days,
    ...(key.deletionDate && { DeletionDate: epochSeconds(key.deletionDate) }),
  };
};
