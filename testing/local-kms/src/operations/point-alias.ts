import { AwsError } from '../aws-error.js';
import { type KmsKey, requireSettled } from '../kms-key.js';
import { type RequestFields, requiredString } from '../request-fields.js';
import type { Operation, OperationScope } from './operation.js';

export const createAlias: Operation = (fields, scope) => {
  const name = requiredString(fields, 'AliasName');
  const target = aliasTarget(fields, scope);
  scope.store.aliases.add(scope.region, name, target.keyId);
  return undefined;
};

export const updateAlias: Operation = (fields, scope) => {
  const name = requiredString(fields, 'AliasName');
  const target = aliasTarget(fields, scope);
  scope.store.aliases.retarget(scope.region, name, target.keyId);
  return undefined;
};

function aliasTarget(fields: RequestFields, { store, region }: OperationScope): KmsKey {
  const targetKeyId = requiredString(fields, 'TargetKeyId');
  if (targetKeyId.startsWith('alias/')) {
    throw new AwsError('ValidationException', 'Aliases must refer to keys. Not aliases');
  }
  const key = store.findByKeyId(region, targetKeyId);
  requireSettled(key);
  return key;
}
