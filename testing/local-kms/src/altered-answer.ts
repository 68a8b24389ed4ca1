import { randomBytes } from 'node:crypto';
import type { Fault } from './faults.js';
import type { OperationResult } from './operations/operation.js';

const FOREIGN_KEY = 'key/00000000-0000-4000-8000-000000000000';

/** The body of a genuine answer after the faults that alter it; an empty answer stays empty. */
export function answerBody(result: OperationResult, fault: Fault): string {
  if (!result) return '';
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

/** Plaintext last, and the syntax error right behind it: JSON.parse quotes the text around the place it stopped at. */
function garbage(result: Record<string, unknown>): string {
  const { Plaintext, ...rest } = result;
  const json = JSON.stringify(Plaintext === undefined ? rest : { ...rest, Plaintext });
  return `${json.slice(0, -1)}<`;
}
