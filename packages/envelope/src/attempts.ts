import { types } from 'node:util';
import { SqlcrypterError } from '@sqlcrypter/core';
import type { KeyService, UnwrappedDataKey } from '@sqlcrypter/core/provider';
import { startTimer } from './background-timer.js';
import { CallBudget } from './call-budget.js';
import { coded } from './coded.js';
import { type KmsMessage, traceKmsCall } from './events.js';
import { decisiveOf } from './revocation.js';

/** One way to get an answer. */
export interface Attempt<T> {
  readonly service: KeyService;
  readonly use: (signal: AbortSignal) => Promise<T>;
}

/** A logical call: the ways to get its answer, and whether the first one's failure leaves the others a chance. */
export interface Call<T> {
  readonly operation: KmsMessage['operation'];
  readonly attempts: readonly Attempt<T>[];
  readonly goesOn: (error: unknown) => boolean;
}

/** Makes calls: one deadline for each, however many services are asked in turn, and an end for all of them. */
export class Attempts {
  readonly #requestTimeout: number;
  readonly #underWay = new Set<AbortController>();
  #closed = false;

  constructor(requestTimeout: number) {
    this.#requestTimeout = requestTimeout;
  }

  /** What a call may cost. @param checkRate is asked before each attempt; the caller has paid for the first. */
  budget(checkRate: () => void = () => undefined): CallBudget {
    return new CallBudget(this.#requestTimeout, checkRate);
  }

  /** @param budget shared by the calls of one load; its owner has paid for the first attempt. */
  async make<T>({ operation, attempts, goesOn }: Call<T>, budget: CallBudget = this.budget()): Promise<T> {
    const failures: SqlcrypterError[] = [];
    const affordable = attempts.slice(0, budget.callsLeft + 1);
    for (const [attempt, { service, use }] of affordable.entries()) {
      this.refuseIfClosed();
      if (attempt > 0 && budget.isSpent) break;
      try {
        if (attempt > 0) budget.spend();
        // A service that hangs must leave time for those behind it: each gets an equal share of what remains.
        const share = budget.millisecondsLeft / (affordable.length - attempt);
        return await traceKmsCall({ operation, scheme: service.scheme, attempt }, () => this.#attempt(use, share));
      } catch (error) {
        failures.push(error as SqlcrypterError);
        if (attempt === 0 && !goesOn(error)) break;
      }
    }
    this.refuseIfClosed();
    throw failureOf(failures);
  }

  /** For what goes on after a call: an answer that came just before the end must bring no key back. */
  refuseIfClosed(): void {
    if (this.#closed) throw disposed();
  }

  /** Ends every call under way with `DISPOSED`. */
  close(): void {
    this.#closed = true;
    for (const controller of this.#underWay) controller.abort(disposed());
  }

  async #attempt<T>(use: (signal: AbortSignal) => Promise<T>, milliseconds: number): Promise<T> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#underWay.add(controller);
    const timer = startTimer(() => controller.abort(this.#timedOut()), Math.max(0, milliseconds));
    const ended = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    const answer = (async () => use(signal))();
    try {
      return await Promise.race([answer, ended]);
    } catch (error) {
      if (signal.aborted) {
        // An answer that comes too late is a key that nobody waits for.
        answer.then(wipe).catch(() => undefined);
        throw signal.reason;
      }
      throw coded(error, 'key service');
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(controller);
    }
  }

  #timedOut(): SqlcrypterError {
    return new SqlcrypterError(
      'KMS_TIMEOUT',
      `The KMS did not answer within ${this.#requestTimeout} ms (requestTimeout). ` +
        'Check the network path to it, or allow more time.',
    );
  }
}

/** The decisive error, with what the others said added for whoever set them up. */
function failureOf(failures: readonly SqlcrypterError[]): SqlcrypterError {
  const error = decisiveOf(failures) as SqlcrypterError;
  if (failures.length === 1) return error;
  const codes = failures.flatMap((each) => (each === error ? [] : each.code)).join(', ');
  const { cause, keyRef } = error;
  return new SqlcrypterError(error.code, `${error.message} The fallback did not help: ${codes}.`, { cause, keyRef });
}

function wipe(late: unknown): void {
  const plaintext = (late as Partial<UnwrappedDataKey> | undefined)?.plaintext;
  if (types.isUint8Array(plaintext)) plaintext.fill(0);
}

function disposed(): SqlcrypterError {
  return new SqlcrypterError('DISPOSED', 'The crypterer was closed while it waited for the KMS. Create a new one.');
}
