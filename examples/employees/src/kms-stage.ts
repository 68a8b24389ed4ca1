import type { LocalKms } from '@sqlcrypter/local-kms';
import type { EmployeeDatabase } from './employee-database.js';

/** What the steps with AWS KMS work with. */
export interface KmsStage extends EmployeeDatabase {
  readonly kms: LocalKms;
  /** Starts the application, or starts it again as a new process would: without a key in memory. */
  restart(): Promise<void>;
}

/** Requests that reached the KMS. */
export interface KmsCalls {
  readonly GenerateDataKey: number;
  readonly Decrypt: number;
}

export function callsOf(kms: LocalKms): KmsCalls {
  return { GenerateDataKey: kms.countCalls('GenerateDataKey'), Decrypt: kms.countCalls('Decrypt') };
}
