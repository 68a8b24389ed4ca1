import { randomBytes } from 'node:crypto';
import type { Fault } from './faults.js';
import type { OperationResult } from './operations/operation.js';

const FOREIGN_KEY = 'key/00000000-0000-4000-8000-000000000000';

/** The body of a genuine answer after the faults that alter it. Some operations answer with nothing. */
export function answerBody(result: OperationResult, fault: Fault): string {
  if (!result && !fault.garbageJson) return '';
  const altered = { ...result };
  if (typeof altered.Plaintext === 'string' && fault.plaintextLength !== undefined) {
    altered.Plaintext = resized(Buffer.from(altered.Plaintext, 'base64'), fault.plaintextLength).toString('base64');
  }
  if (typeof altered.KeyId === 'string' && fault.foreignKeyId) {
    altered.KeyId = fault.foreignKeyId === true ? foreignArn(altered.KeyId) : fault.foreignKeyId;
  }
  return fault.garbageJson ? garbage(altered) : JSON.stringify(altered);
}

function resized(bytes: Buffer, length: number): Buffer {
  const missing = Math.max(0, length - bytes.length);
  return Buffer.concat([bytes.subarray(0, length), randomBytes(missing)]);
}

function foreignArn(arn: string): string {
  return arn.replace(/key\/.*$/, FOREIGN_KEY);
}

/** Breaks off at the plaintext, whose first characters JSON.parse then quotes in its error. */
function garbage(result: Record<string, unknown>): string {
  const json = JSON.stringify(result);
  return result.Plaintext === undefined ? `${json.slice(0, -1)}<` : json.replace('"Plaintext":"', '"Plaintext":<');
}
