import { SqlcrypterError } from '@sqlcrypter/core';
import { causeOf, DataKey, type DerivedKeyCache } from '@sqlcrypter/core/provider';
import { traceKmsCall } from './events.js';
import type { GeneratedDataKey, KeyService, UnwrappedDataKey } from './key-service.js';

const DEK_LENGTH = 32;

/**
 * The calls to the key services. One logical call has one deadline, however many services are asked in turn; what comes
 * back becomes a DataKey here and the raw bytes are zeroed.
 */
export class KmsCalls {
  readonly #services: readonly KeyService[];
  readonly #requestTimeout: number;
  readonly #derivedKeys: DerivedKeyCache;
  readonly #underWay = new Set<AbortController>();
  #closed = false;
  generates = 0;
  unwraps = 0;

  constructor(services: readonly KeyService[], requestTimeout: number, derivedKeys: DerivedKeyCache) {
    this.#services = services;
    this.#requestTimeout = requestTimeout;
    this.#derivedKeys = derivedKeys;
  }

  async generate(bare: boolean): Promise<{ readonly dataKey: DataKey; readonly wrapped: Buffer }> {
    this.generates += 1;
    const generated = await this.#call<GeneratedDataKey>('generate', (service, signal) =>
      service.generateDataKey({ signal, bare }),
    );
    const dataKey = this.#toDataKey(generated);
    if (!(generated.wrapped instanceof Uint8Array)) throw malformed();
    return { dataKey, wrapped: Buffer.from(generated.wrapped) };
  }

  async unwrap(wrapped: Uint8Array, bare: boolean): Promise<DataKey> {
    this.unwraps += 1;
    const unwrapped = await this.#call<UnwrappedDataKey>('unwrap', (service, signal) =>
      service.unwrapDataKey(wrapped, { signal, bare }),
    );
    return this.#toDataKey(unwrapped);
  }

  /** Ends every call under way with `DISPOSED`, and closes the services. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const controller of this.#underWay) controller.abort(disposed());
    await Promise.all(this.#services.map(async (service) => service.close?.()));
  }

  /** For what goes on after a call: an answer that came just before the end must bring no key back. */
  refuseIfClosed(): void {
    if (this.#closed) throw disposed();
  }

  async #call<T extends UnwrappedDataKey>(
    operation: 'generate' | 'unwrap',
    use: (service: KeyService, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const start = performance.now();
    const failures: SqlcrypterError[] = [];
    for (const [attempt, service] of this.#services.entries()) {
      this.refuseIfClosed();
      // A service that hangs must leave time for those behind it: each gets an equal share of what remains.
      const share = (this.#requestTimeout - (performance.now() - start)) / (this.#services.length - attempt);
      try {
        return await traceKmsCall({ operation, scheme: service.scheme, attempt }, () =>
          this.#attempt((signal) => use(service, signal), share),
        );
      } catch (error) {
        failures.push(error as SqlcrypterError);
        if (attempt === 0 && !mayBeAnsweredElsewhere(error)) break;
      }
    }
    this.refuseIfClosed();
    throw failureOf(failures);
  }

  async #attempt<T extends UnwrappedDataKey>(
    use: (signal: AbortSignal) => Promise<T>,
    milliseconds: number,
  ): Promise<T> {
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
    if (!(plaintext instanceof Uint8Array)) throw malformed();
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

function wipe(late: Partial<UnwrappedDataKey> | undefined): void {
  if (late?.plaintext instanceof Uint8Array) late.plaintext.fill(0);
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
