import { isOperationName, OPERATION_NAMES, type OperationName } from './dispatch.js';
import { LocalKmsError } from './local-kms-error.js';

/**
 * What goes wrong with a call. `latency` combines with every other fault; of the faults that replace the answer the
 * first in this order wins: hang, cut, throttleRate, exception, status. The last three alter a genuine answer.
 */
export interface Fault {
  /** Milliseconds before anything else happens. */
  readonly latency?: number;
  /** Never answers. The connection stays open until the client or `close()` ends it. */
  readonly hang?: boolean;
  /** Closes the connection instead of answering. */
  readonly cut?: boolean;
  /** Share of calls, 0 to 1, that get ThrottlingException, evenly spread: 0.25 is every fourth call. */
  readonly throttleRate?: number;
  /** Answers with this exception, for example `AccessDeniedException` or `KeyUnavailableException`. */
  readonly exception?: string;
  /** What `exception` says: AWS tells some states of a key by the text alone, e.g. `… is pending deletion.` */
  readonly message?: string;
  /** Answers with this HTTP status and an exception of the server. */
  readonly status?: 500 | 503;
  /** Gives the plaintext of the answer this many bytes: cut off, or filled up with random ones. */
  readonly plaintextLength?: number;
  /** Gives the answer another KeyId: this one, or with `true` the ARN of a key that does not exist. */
  readonly foreignKeyId?: boolean | string;
  /** Breaks the JSON of the answer right before the plaintext, so that a parser that quotes its input leaks it. */
  readonly garbageJson?: boolean;
  /** Only the next so many calls; without it, until the fault is cleared. */
  readonly times?: number;
}

interface ActiveFault {
  readonly fault: Fault;
  calls: number;
}

/** Faults by operation; `*` stands for the operations that have none of their own. */
export class Faults {
  readonly #active = new Map<string, ActiveFault>();

  set(operation: OperationName | '*', fault: Fault): void {
    checkOperation(operation);
    checkFault(fault);
    this.#active.set(operation, { fault, calls: 0 });
  }

  clear(operation?: OperationName | '*'): void {
    if (operation === undefined) this.#active.clear();
    else this.#active.delete(operation);
  }

  /** The fault of one call, with `throttleRate` already decided: 1 or absent. */
  next(operation: string): Fault {
    const name = this.#active.has(operation) ? operation : '*';
    const active = this.#active.get(name);
    if (!active) return {};
    active.calls += 1;
    if (active.calls === active.fault.times) this.#active.delete(name);
    const { throttleRate = 0, ...fault } = active.fault;
    return isThrottled(throttleRate, active.calls) ? { ...fault, throttleRate: 1 } : fault;
  }
}

/** Counting instead of drawing lots keeps tests repeatable and the rate exact. */
function isThrottled(rate: number, call: number): boolean {
  return Math.floor(call * rate) > Math.floor((call - 1) * rate);
}

function checkOperation(operation: string): void {
  if (operation === '*' || isOperationName(operation)) return;
  throw new LocalKmsError(
    'CONFIG',
    `setFault: there is no operation '${operation}'. Expected '*' or one of ${OPERATION_NAMES.join(', ')}.`,
  );
}

function checkFault({ latency = 0, throttleRate = 0, plaintextLength = 0, times = 1 }: Fault): void {
  requireThat(latency >= 0 && Number.isFinite(latency), 'latency', latency, 'milliseconds, 0 or more');
  requireThat(throttleRate >= 0 && throttleRate <= 1, 'throttleRate', throttleRate, 'a share from 0 to 1');
  requireThat(
    Number.isInteger(plaintextLength) && plaintextLength >= 0,
    'plaintextLength',
    plaintextLength,
    'bytes, 0 or more',
  );
  requireThat(Number.isInteger(times) && times >= 1, 'times', times, 'a whole number of calls, 1 or more');
}

function requireThat(good: boolean, name: string, value: unknown, expected: string): void {
  if (!good) throw new LocalKmsError('CONFIG', `setFault: ${name} is ${String(value)}. Expected ${expected}.`);
}
