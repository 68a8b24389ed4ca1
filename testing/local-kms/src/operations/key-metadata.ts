import type { KeyStore } from '../key-store.js';
import type { KmsKey } from '../kms-key.js';

/** A key as DescribeKey, CreateKey and ReplicateKey show it. */
export function keyMetadata(key: KmsKey, store: KeyStore): Record<string, unknown> {
  return {
    AWSAccountId: key.accountId,
    KeyId: key.keyId,
    Arn: key.arn,
    CreationDate: epochSeconds(key.created),
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: key.state,
    ...(key.deletionDate && { DeletionDate: epochSeconds(key.deletionDate) }),
    Origin: key.origin,
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    KeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: key.multiRegion !== undefined,
    ...(key.multiRegion && { MultiRegionConfiguration: multiRegionConfiguration(key, store) }),
  };
}

/** Times go over the wire as seconds with a fraction. */
export function epochSeconds(date: Date): number {
  return date.getTime() / 1000;
}

function multiRegionConfiguration(key: KmsKey, store: KeyStore): Record<string, unknown> {
  const [primary, ...replicas] = store.family(key.keyId).map((member) => ({ Arn: member.arn, Region: member.region }));
  return { MultiRegionKeyType: key.multiRegion, PrimaryKey: primary, ReplicaKeys: replicas };
}
