import { AwsError } from './aws-error.js';
import { createKey } from './operations/create-key.js';
import { decrypt } from './operations/decrypt.js';
import { describeKey } from './operations/describe-key.js';
import { disableKey, enableKey } from './operations/enable-key.js';
import { encrypt } from './operations/encrypt.js';
import { generateDataKey, generateDataKeyWithoutPlaintext } from './operations/generate-data-key.js';
import { listAliases } from './operations/list-aliases.js';
import type { Operation, OperationResult, OperationScope } from './operations/operation.js';
import { createAlias, updateAlias } from './operations/point-alias.js';
import { reEncrypt } from './operations/re-encrypt.js';
import { replicateKey } from './operations/replicate-key.js';
import { rotateKeyOnDemand } from './operations/rotate-key-on-demand.js';
import { scheduleKeyDeletion } from './operations/schedule-key-deletion.js';
import { optionalBoolean, type RequestFields } from './request-fields.js';

/** The operations of AWS KMS that are served. */
export type OperationName =
  | 'CreateAlias'
  | 'CreateKey'
  | 'Decrypt'
  | 'DescribeKey'
  | 'DisableKey'
  | 'EnableKey'
  | 'Encrypt'
  | 'GenerateDataKey'
  | 'GenerateDataKeyWithoutPlaintext'
  | 'ListAliases'
  | 'ReEncrypt'
  | 'ReplicateKey'
  | 'RotateKeyOnDemand'
  | 'ScheduleKeyDeletion'
  | 'UpdateAlias';

const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  CreateAlias: createAlias,
  CreateKey: createKey,
  Decrypt: decrypt,
  DescribeKey: describeKey,
  DisableKey: disableKey,
  EnableKey: enableKey,
  Encrypt: encrypt,
  GenerateDataKey: generateDataKey,
  GenerateDataKeyWithoutPlaintext: generateDataKeyWithoutPlaintext,
  ListAliases: listAliases,
  ReEncrypt: reEncrypt,
  ReplicateKey: replicateKey,
  RotateKeyOnDemand: rotateKeyOnDemand,
  ScheduleKeyDeletion: scheduleKeyDeletion,
  UpdateAlias: updateAlias,
};

export const OPERATION_NAMES: readonly string[] = Object.keys(OPERATIONS);

export function isOperationName(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}

/** Runs one operation by its name. */
export function dispatch(name: string, fields: RequestFields, scope: OperationScope): OperationResult {
  if (!isOperationName(name)) {
    throw new AwsError(
      'UnknownOperationException',
      `The local KMS does not serve '${name}'. It serves ${OPERATION_NAMES.join(', ')}.`,
    );
  }
  const dryRun = optionalBoolean(fields, 'DryRun');
  const result = OPERATIONS[name](fields, scope);
  if (dryRun) {
    throw new AwsError('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.');
  }
  return result;
}
