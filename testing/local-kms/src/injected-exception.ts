import { AwsError, accessDenied, throttled } from './aws-error.js';
import type { Fault } from './faults.js';

/** The exception that a fault puts in the place of an answer, or undefined. */
export function injectedException(fault: Fault, operation: string, accountId: string): AwsError | undefined {
  if (fault.throttleRate) return throttled();
  if (fault.exception && fault.message !== undefined) return new AwsError(fault.exception, fault.message);
  if (fault.exception === 'ThrottlingException') return throttled();
  if (fault.exception === 'AccessDeniedException') return accessDenied(operation, accountId);
  if (fault.exception) return new AwsError(fault.exception, `A fault switch asks for ${fault.exception}.`);
  if (fault.status === undefined) return undefined;
  const name = fault.status === 503 ? 'ServiceUnavailableException' : 'InternalFailureException';
  return new AwsError(name, `A fault switch asks for status ${fault.status}.`);
}
