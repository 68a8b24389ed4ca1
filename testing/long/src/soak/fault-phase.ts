import type { ErrorCode } from '@sqlcrypter/awskms';
import type { KmsOrder } from './kms-server.js';

/** A time in which the KMS fails in one way. */
export interface FaultPhase {
  readonly name: string;
  readonly order: KmsOrder;
  /** What a call ends in that needs the KMS now. */
  readonly codes: readonly ErrorCode[];
  /** Whether keys in memory are given up, too, once the KMS is asked about them again. */
  readonly revokes?: true;
}

/** Every way to fail that the local KMS knows. A slow KMS fails nothing. */
export const FAULT_PHASES: readonly FaultPhase[] = [
  { name: 'slow', order: { fault: { latency: 150 } }, codes: [] },
  // The SDK waits long before it tries again, which may take it past the deadline.
  { name: 'throttling', order: { fault: { throttleRate: 0.7 } }, codes: ['KMS_THROTTLED', 'KMS_TIMEOUT'] },
  { name: 'status 500', order: { fault: { status: 500 } }, codes: ['KMS_UNAVAILABLE'] },
  { name: 'status 503', order: { fault: { status: 503 } }, codes: ['KMS_UNAVAILABLE'] },
  { name: 'connections cut', order: { fault: { cut: true } }, codes: ['KMS_UNAVAILABLE'] },
  { name: 'hanging', order: { fault: { hang: true } }, codes: ['KMS_TIMEOUT'] },
  { name: 'garbage JSON', order: { fault: { garbageJson: true } }, codes: ['KMS_UNAVAILABLE'] },
  {
    name: 'access denied',
    order: { fault: { exception: 'AccessDeniedException' } },
    codes: ['KMS_DENIED'],
    revokes: true,
  },
  { name: 'key disabled', order: { disabled: true }, codes: ['KEY_DISABLED'], revokes: true },
  { name: 'short keys', order: { fault: { plaintextLength: 16 } }, codes: ['KMS_INVALID_BLOB'], revokes: true },
  { name: 'foreign key', order: { fault: { foreignKeyId: true } }, codes: ['KMS_WRONG_KEY'], revokes: true },
];
