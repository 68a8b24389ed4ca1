import type { KeyStore } from '../key-store.js';
import type { RequestFields } from '../request-fields.js';

/** Where an operation runs. */
export interface OperationScope {
  readonly store: KeyStore;
  /** Region of the request: it sees the keys and aliases of that Region only. */
  readonly region: string;
  /** Whether new blobs bind the ARN and the backing key index. */
  readonly authenticateArn: boolean;
}

/** The answer's JSON object; nothing for an empty answer. */
export type OperationResult = Record<string, unknown> | undefined;

/** One KMS operation. Throws AwsError for what AWS answers with an exception. */
export type Operation = (fields: RequestFields, scope: OperationScope) => OperationResult;
