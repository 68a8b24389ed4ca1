import { KEY_ID, parseArn, REGION } from './arn.js';
import { dispatch, type OperationName } from './dispatch.js';
import type { KmsKey } from './kms-key.js';
import type { LocalKms } from './local-kms.js';
import { LocalKmsError } from './local-kms-error.js';
import type { OperationResult, OperationScope } from './operations/operation.js';
import { wrapUnder } from './wrapping.js';

type KeyMethods = Pick<
  LocalKms,
  | 'arnOf'
  | 'createKey'
  | 'replicateKey'
  | 'createAlias'
  | 'updateAlias'
  | 'disableKey'
  | 'enableKey'
  | 'scheduleKeyDeletion'
  | 'rotateKey'
  | 'wrap'
>;

/** The methods that work on keys without HTTP. What AWS has an operation for runs that operation. */
export function keyMethods(scope: (region?: string) => OperationScope): KeyMethods {
  const { store } = scope();
  const scopeOf = (keyId: string) => scope(parseArn(keyId)?.region);
  const find = (keyId: string): KmsKey => store.find(scopeOf(keyId).region, keyId);
  const run = (name: OperationName, keyId: string, fields: Record<string, unknown> = {}): OperationResult => {
    const { arn } = find(keyId);
    return dispatch(name, { KeyId: arn, TargetKeyId: arn, ...fields }, scopeOf(arn));
  };

  return {
    arnOf: (keyId) => find(keyId).arn,
    createKey({ keyId, multiRegion, region = scope().region } = {}) {
      checkNewKey(keyId, multiRegion, region);
      return store.add({ region, keyId, multiRegion }).arn;
    },
    replicateKey(keyId, region) {
      run('ReplicateKey', keyId, { ReplicaRegion: region });
      return store.find(region, find(keyId).keyId).arn;
    },
    createAlias: (AliasName, keyId) => void run('CreateAlias', keyId, { AliasName }),
    updateAlias: (AliasName, keyId) => void run('UpdateAlias', keyId, { AliasName }),
    disableKey: (keyId) => void run('DisableKey', keyId),
    enableKey: (keyId) => void run('EnableKey', keyId),
    scheduleKeyDeletion: (keyId) => void run('ScheduleKeyDeletion', keyId),
    rotateKey: (keyId) => void run('RotateKeyOnDemand', keyId),
    wrap: (keyId, plaintext, context = {}) => wrapUnder(find(keyId), plaintext, context, scope().authenticateArn),
  };
}

function checkNewKey(keyId: string | undefined, multiRegion: boolean | undefined, region: string): void {
  if (!REGION.test(region)) {
    throw new LocalKmsError('CONFIG', `createKey: region is '${region}'. Expected the name of a Region.`);
  }
  if (keyId === undefined) return;
  if (!KEY_ID.test(keyId)) {
    throw new LocalKmsError('CONFIG', `createKey: keyId is '${keyId}'. Expected letters, digits, - and _.`);
  }
  if (multiRegion !== undefined && multiRegion !== keyId.startsWith('mrk-')) {
    const message = `createKey: multiRegion is ${multiRegion} and keyId is '${keyId}'. Expected an id that begins with mrk- for a multi-Region key, and for no other.`;
    throw new LocalKmsError('CONFIG', message);
  }
}
