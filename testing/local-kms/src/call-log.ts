import type { KmsEncryptionContext } from './encryption-context.js';
import { encryptionContext, optionalString, parseFields } from './request-fields.js';

/** One request that reached the KMS, as a trail would show it: no plaintext, no blob. */
export interface KmsCall {
  /** Operation as the client named it, for example `Decrypt`. */
  readonly operation: string;
  /** Region that the request was signed for. */
  readonly region: string;
  /** `KeyId` as the client sent it; absent where it sent none. */
  readonly keyId?: string;
  /** `EncryptionContext` as the client sent it; absent where it sent none. */
  readonly encryptionContext?: KmsEncryptionContext;
  /** The `x-amzn-RequestId` of the answer. */
  readonly requestId: string;
  /** When the request arrived. */
  readonly at: Date;
  /** HTTP status of the answer; absent while there is none, and for good where the call hangs, was cut or was given up. */
  readonly status?: number;
  /** Name of the exception, where the answer is one. */
  readonly error?: string;
}

/** Requests in the order in which they arrived. */
export class CallLog {
  #calls: KmsCall[] = [];

  /** Logs a call as it arrives, and gives the function that adds its answer. */
  add(call: KmsCall): (answer: { status: number; error?: string }) => void {
    this.#calls.push(call);
    return (answer) => void Object.assign(call, answer);
  }

  list(): readonly KmsCall[] {
    return [...this.#calls];
  }

  count(operation?: string): number {
    return this.#calls.filter((call) => operation === undefined || call.operation === operation).length;
  }

  clear(): void {
    this.#calls = [];
  }
}

/** What the log keeps of a request. */
export function describeCall(request: { operation: string; region: string; requestId: string; body: string }): KmsCall {
  const { body, ...call } = request;
  return { ...call, at: new Date(), ...loggedFields(body) };
}

/** Nothing, where the body cannot be read: the operation will say so. */
function loggedFields(body: string): Pick<KmsCall, 'keyId' | 'encryptionContext'> {
  try {
    const fields = parseFields(body);
    const keyId = optionalString(fields, 'KeyId');
    return {
      ...(keyId !== undefined && { keyId }),
      ...(fields.EncryptionContext !== undefined && { encryptionContext: encryptionContext(fields) }),
    };
  } catch {
    return {};
  }
}
