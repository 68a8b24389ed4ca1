import { types } from 'node:util';
import { SqlcrypterError } from '@sqlcrypter/core';
import {
  causeOf,
  DataKey,
  type DerivedKeyCache,
  type GeneratedDataKey,
  type KeyFacts,
  type KeyRecord,
  type KeyService,
  type KeyWrap,
  type UnwrappedDataKey,
  type WrappedDataKey,
} from '@sqlcrypter/core/provider';
import { traceKmsCall } from './events.js';
import { bindingOf } from './stored/row-binding.js';

const DEK_LENGTH = 32;
/** Wraps of one key that a service is asked for: whoever writes to the table may put any number there. */
const MOST_WRAPS = 4;

/** One way to get an answer. */
interface Attempt<T> {
  readonly service: KeyService;
  readonly use: (signal: AbortSignal) => Promise<T>;
}

/**
 * The calls to the key services. One logical call has one deadline, however many services are asked in turn; what comes
 * back becomes a DataKey here and the raw bytes are zeroed.
 */
export class KmsCalls {
  readonly #services: readonly KeyService[];
  readonly #others: readonly KeyService[];
  readonly #requestTimeout: number;
  readonly #derivedKeys: DerivedKeyCache;
  readonly #underWay = new Set<AbortController>();
  #closed = false;
  generates = 0;
  unwraps = 0;

  /**
   * @param services the primary one and its fallbacks, all of one provider.
   * @param others further ones, of any provider, that wrap every stored key too.
   */
  constructor(
    services: readonly KeyService[],
    others: readonly KeyService[],
    requestTimeout: number,
    derivedKeys: DerivedKeyCache,
  ) {
    this.#services = services;
    this.#others = others;
    this.#requestTimeout = requestTimeout;
    this.#derivedKeys = derivedKeys;
  }

  async generate(bare: boolean): Promise<{ readonly dataKey: DataKey; readonly wrapped: Buffer }> {
    this.generates += 1;
    const attempts = this.#services.map((service) => ({
      service,
      use: (signal: AbortSignal) => service.generateDataKey({ signal, bare }),
    }));
    const generated = await this.#call<GeneratedDataKey>('generate', attempts, mayBeAnsweredElsewhere);
    const dataKey = this.#toDataKey(generated);
    if (!types.isUint8Array(generated.wrapped)) throw malformed();
    return { dataKey, wrapped: Buffer.from(generated.wrapped) };
  }

  async unwrap(wrapped: Uint8Array, bare: boolean): Promise<DataKey> {
    this.unwraps += 1;
    const attempts = this.#services.map((service) => ({
      service,
      use: (signal: AbortSignal) => service.unwrapDataKey(wrapped, { signal, bare }),
    }));
    return this.#toDataKey(await this.#call<UnwrappedDataKey>('unwrap', attempts, mayBeAnsweredElsewhere));
  }

  /** A stored key that is ready for use. */
  async unwrapStored(record: KeyRecord): Promise<DataKey> {
    return this.#toDataKey(await this.openStored(record));
  }

  /** Opens a stored key by any of its wraps, those that a service calls its own first. The caller zeroes it. */
  async openStored(record: KeyRecord): Promise<UnwrappedDataKey> {
    const binding = bindingOf(record);
    const attempts = [...this.#services, ...this.#others]
      .flatMap((service) =>
        record.wraps
          .map((wrap) => ({ service, wrap, rank: rankOf(service, wrap) }))
          .filter(({ rank }) => rank !== undefined)
          .sort(byRank)
          .slice(0, MOST_WRAPS),
      )
      .sort(byRank)
      .map(({ service, wrap }) => ({
        service,
        use: (signal: AbortSignal) => service.unwrapDataKey(wrap.wrapped, { signal, binding }),
      }));
    if (attempts.length === 0) throw notWrappedForUs(record);
    this.unwraps += 1;
    return this.#call<UnwrappedDataKey>('unwrap', attempts, () => true);
  }

  /** Wraps a new key by the first service that answers and by each of the others: all of its wraps, or none. */
  async wrapStored(plaintext: Uint8Array, facts: KeyFacts): Promise<KeyWrap[]> {
    const binding = bindingOf(facts);
    const wraps: KeyWrap[] = [];
    for (const services of [this.#services, ...this.#others.map((other) => [other])]) {
      const attempts = services.map((service) => ({
        service,
        use: async (signal: AbortSignal) =>
          toWrap(service, await service.wrapDataKey?.(plaintext, { signal, binding })),
      }));
      this.generates += 1;
      wraps.push(await this.#call('generate', attempts, mayBeAnsweredElsewhere));
    }
    return wraps;
  }

  /** Lets the first service's KMS wrap under its key what another key of that KMS wraps. */
  rewrapStored({ wrapped }: KeyWrap, facts: KeyFacts): Promise<KeyWrap> {
    const binding = bindingOf(facts);
    const attempts = this.#services.map((service) => ({
      service,
      use: async (signal: AbortSignal) => toWrap(service, await service.rewrapDataKey?.(wrapped, { signal, binding })),
    }));
    return this.#call('generate', attempts, mayBeAnsweredElsewhere);
  }

  /** Ends every call under way with `DISPOSED`, and closes the services. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const controller of this.#underWay) controller.abort(disposed());
    await Promise.all([...this.#services, ...this.#others].map(async (service) => service.close?.()));
  }

  /** For what goes on after a call: an answer that came just before the end must bring no key back. */
  refuseIfClosed(): void {
    if (this.#closed) throw disposed();
  }

  /** @param goesOn whether the first attempt's failure leaves the others a chance. */
  async #call<T>(
    operation: 'generate' | 'unwrap',
    attempts: readonly Attempt<T>[],
    goesOn: (error: unknown) => boolean,
  ): Promise<T> {
    const start = performance.now();
    const failures: SqlcrypterError[] = [];
    for (const [attempt, { service, use }] of attempts.entries()) {
      this.refuseIfClosed();
      // A service that hangs must leave time for those behind it: each gets an equal share of what remains.
      const share = (this.#requestTimeout - (performance.now() - start)) / (attempts.length - attempt);
      try {
        return await traceKmsCall({ operation, scheme: service.scheme, attempt }, () => this.#attempt(use, share));
      } catch (error) {
        failures.push(error as SqlcrypterError);
        if (attempt === 0 && !goesOn(error)) break;
      }
    }
    this.refuseIfClosed();
    throw failureOf(failures);
  }

  async #attempt<T>(use: (signal: AbortSignal) => Promise<T>, milliseconds: number): Promise<T> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#underWay.add(controller);
    const timer = setTimeout(() => controller.abort(this.#timedOut()), Math.max(0, milliseconds));
    timer.unref();
    const ended = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    const answer = (async () => use(signal))();
    try {
      return await Promise.race([answer, ended]);
    } catch (error) {
      if (signal.aborted) {
        // An answer that comes too late is a key that nobody waits for.
        answer.then(wipe, () => undefined);
        throw signal.reason;
      }
      throw SqlcrypterError.is(error) ? error : uncoded(error);
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(controller);
    }
  }

  #toDataKey(answer: UnwrappedDataKey): DataKey {
    const plaintext = answer?.plaintext;
    if (!types.isUint8Array(plaintext)) throw malformed();
    try {
      if (plaintext.length !== DEK_LENGTH) {
        throw new SqlcrypterError(
          'KMS_INVALID_BLOB',
          'The KMS gave a data key that does not have 256 bits. Expected keys made for this project: ' +
            'was the wrapped key made by something else?',
        );
      }
      return new DataKey(plaintext, this.#derivedKeys);
    } finally {
      plaintext.fill(0);
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

function mayBeAnsweredElsewhere(error: unknown): boolean {
  return SqlcrypterError.is(error) && (error.code === 'KMS_UNAVAILABLE' || error.code === 'KMS_TIMEOUT');
}

/**
 * The first service's error stands: a replica in another Region may not know a key that the first would unwrap, and its
 * refusal must not be taken for the word on that key. What the others said is added, for whoever set them up.
 */
function failureOf([first, ...others]: readonly SqlcrypterError[]): SqlcrypterError {
  const error = first as SqlcrypterError;
  if (others.length === 0) return error;
  const codes = others.map(({ code }) => code).join(', ');
  const { cause, keyRef } = error;
  return new SqlcrypterError(error.code, `${error.message} The fallback did not help: ${codes}.`, { cause, keyRef });
}

function wipe(late: unknown): void {
  const plaintext = (late as Partial<UnwrappedDataKey> | undefined)?.plaintext;
  if (types.isUint8Array(plaintext)) plaintext.fill(0);
}

/** The order in which wraps are tried: a service's own, then what only a call can tell, then the others. */
function rankOf(service: KeyService, { provider, keyId }: KeyWrap): number | undefined {
  if (service.provider !== provider) return undefined;
  const holds = service.holds?.(keyId);
  return holds === undefined ? 1 : holds ? 0 : 2;
}

function byRank(one: { readonly rank: number | undefined }, other: { readonly rank: number | undefined }): number {
  return (one.rank as number) - (other.rank as number);
}

function toWrap({ provider }: KeyService, answer: WrappedDataKey | undefined): KeyWrap {
  if (!types.isUint8Array(answer?.wrapped) || typeof answer.keyId !== 'string') throw malformed();
  return { provider, keyId: answer.keyId, wrapped: Buffer.from(answer.wrapped) };
}

function notWrappedForUs({ fingerprint, wraps }: KeyRecord): SqlcrypterError {
  const keyRef = fingerprint.toString('hex');
  const by = wraps.map(({ keyId }) => keyId).join(', ') || 'nothing';
  return new SqlcrypterError(
    'KEY_NOT_FOUND',
    `The stored key ${keyRef} is wrapped by ${by}, and by no key service of this crypterer. Read it with the key ` +
      'service that wraps it, or rewrap it.',
    { keyRef },
  );
}

function disposed(): SqlcrypterError {
  return new SqlcrypterError('DISPOSED', 'The crypterer was closed while it waited for the KMS. Create a new one.');
}

function malformed(): SqlcrypterError {
  return new SqlcrypterError(
    'PROVIDER_FAILED',
    'The key service answered without a data key or without its wrapped form, which is a defect of that service. ' +
      'Expected { plaintext, wrapped, keyId } with bytes in the first two.',
  );
}

function uncoded(error: unknown): SqlcrypterError {
  return new SqlcrypterError(
    'PROVIDER_FAILED',
    'The key service threw an error that has no code, which is a defect of that service. Its message is not repeated ' +
      "because it may hold a key; its name is this error's cause.",
    { cause: causeOf(error) },
  );
}
