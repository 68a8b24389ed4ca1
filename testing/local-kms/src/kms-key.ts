import { AwsError } from './aws-error.js';

/** What a key is made of. A multi-Region primary and its replicas share one, so that a rotation reaches all of them. */
interface KeyMaterial {
  /** 32 bytes each. The last one encrypts, all of them decrypt. */
  readonly backingKeys: Buffer[];
}

type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingReplicaDeletion' | 'PendingImport';

/** A KMS key in one Region. */
export interface KmsKey {
  readonly arn: string;
  readonly keyId: string;
  readonly region: string;
  readonly accountId: string;
  readonly description: string;
  readonly origin: 'AWS_KMS' | 'EXTERNAL';
  readonly created: Date;
  readonly multiRegion: 'PRIMARY' | 'REPLICA' | undefined;
  readonly material: KeyMaterial;
  state: KeyState;
  deletionDate?: Date;
}

const PENDING: Readonly<Record<string, string>> = {
  PendingDeletion: 'is pending deletion.',
  PendingReplicaDeletion: 'is pending replica deletion.',
  PendingImport: 'is pending import.',
};

/** Lets an enabled or a disabled key pass. */
export function requireSettled(key: KmsKey): void {
  const pending = PENDING[key.state];
  if (pending) throw new AwsError('KMSInvalidStateException', `${key.arn} ${pending}`);
}

/** Lets only an enabled key pass. */
export function requireEnabled(key: KmsKey): void {
  requireSettled(key);
  if (key.state === 'Disabled') throw new AwsError('DisabledException', `${key.arn} is disabled.`);
}
