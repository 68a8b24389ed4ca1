/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import type {
  DataKey,
  DerivedKeyCache,
  KeyFacts,
  KeyRecord,
  KeyService,
  KeyWrap,
  UnwrappedDataKey,
} from '@sqlcrypter/core/provider';
import { Attempts, type Call } from './attempts.js';
import type { CallBudget } from './call-budget.js';
import { dataKeyIn, wrapIn, wrappedIn } from './key-answers.js';
import { NewKeyRefusal } from './new-key-refusal.js';
import { bindingOf } from './stored/row-binding.js';

/** Wraps of one key that a service is asked for. */
const MOST_WRAPS = 4;

/** The calls to the key services. What comes back becomes a DataKey here, and the raw bytes are zeroed. */
export class KmsCalls {
  readonly #services: readonly KeyService[];
  readonly #others: readonly KeyService[];
  readonly #derivedKeys: DerivedKeyCache;
  readonly #attempts: Attempts;
  readonly #refusal = new NewKeyRefusal();
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
    this.#attempts = new Attempts(requestTimeout);
    this.#derivedKeys = derivedKeys;
  }

  /** What one load of a key may cost. @param checkRate throws where one more call is one too many. */
  budget(checkRate: () => void): CallBudget {
    return this.#attempts.budget(checkRate);
  }

  /** A new data key. @param accept makes of it what is written with; what it throws counts as the KMS's failure. */
  generate<T>(bare: boolean, accept: (dataKey: DataKey, wrapped: Buffer) => T): Promise<T> {
    const attempts = this.#services.map((service) => ({
      service,
      use: async (signal: AbortSignal) => {
        const answer = await service.generateDataKey({ signal, bare });
        return accept(dataKeyIn(answer, this.#derivedKeys), wrappedIn(answer));
      },
    }));
    return this.#makeNew({ operation: 'generate', attempts, goesOn: mayBeAnsweredElsewhere });
  }

  /** @param budget its owner has paid for the first attempt. */
  unwrap(wrapped: Uint8Array, bare: boolean, budget?: CallBudget): Promise<DataKey> {
    this.unwraps += 1;
    const attempts = this.#services.map((service) => ({
      service,
      use: async (signal: AbortSignal) =>
        dataKeyIn(await service.unwrapDataKey(wrapped, { signal, bare }), this.#derivedKeys),
    }));
    return this.#attempts.make({ operation: 'unwrap', attempts, goesOn: mayBeAnsweredElsewhere }, budget);
  }

  /** A stored key that is ready for use. */
  unwrapStored(record: KeyRecord, budget?: CallBudget): Promise<DataKey> {
    return this.#open(record, (answer) => dataKeyIn(answer, this.#derivedKeys), budget);
  }

  /** The bytes of a stored key. The caller zeroes them. */
  openStored(record: KeyRecord): Promise<UnwrappedDataKey> {
    return this.#open(record, (answer) => answer);
  }

  /** Wraps a new key by the first service that answers and by each of the others: all of its wraps, or none. */
  async wrapStored(plaintext: Uint8Array, facts: KeyFacts): Promise<KeyWrap[]> {
    const binding = bindingOf(facts);
    const wraps: KeyWrap[] = [];
    for (const services of [this.#services, ...this.#others.map((other) => [other])]) {
      const attempts = services.map((service) => ({
        service,
        use: async (signal: AbortSignal) =>
          wrapIn(service, await service.wrapDataKey?.(plaintext, { signal, binding })),
      }));
      wraps.push(await this.#makeNew({ operation: 'generate', attempts, goesOn: mayBeAnsweredElsewhere }));
    }
    return wraps;
  }

  /** Lets the first service's KMS wrap under its key what another key of that KMS wraps. */
  rewrapStored({ wrapped }: KeyWrap, facts: KeyFacts): Promise<KeyWrap> {
    const binding = bindingOf(facts);
    const attempts = this.#services.map((service) => ({
      service,
      use: async (signal: AbortSignal) => wrapIn(service, await service.rewrapDataKey?.(wrapped, { signal, binding })),
    }));
    return this.#attempts.make({ operation: 'generate', attempts, goesOn: mayBeAnsweredElsewhere });
  }

  /** Asks again for what was refused. */
  forget(): void {
    this.#refusal.forget();
  }

  /** Ends every call under way with `DISPOSED`, and closes the services. */
  async close(): Promise<void> {
    this.#attempts.close();
    await Promise.all([...this.#services, ...this.#others].map(async (service) => service.close?.()));
  }

  refuseIfClosed(): void {
    this.#attempts.refuseIfClosed();
  }

  #makeNew<T>(call: Call<T>): Promise<T> {
    return this.#refusal.guard(() => {
      this.generates += 1;
      return this.#attempts.make(call);
    });
  }

  /** Opens a stored key by any of its wraps, those that a service calls its own first. */
  async #open<T>(record: KeyRecord, read: (answer: UnwrappedDataKey) => T, budget?: CallBudget): Promise<T> {
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
        use: async (signal: AbortSignal) => read(await service.unwrapDataKey(wrap.wrapped, { signal, binding })),
      }));
    if (attempts.length === 0) throw notWrappedForUs(record);
    this.unwraps += 1;
    return this.#attempts.make({ operation: 'unwrap', attempts, goesOn: () => true }, budget);
  }
}

function mayBeAnsweredElsewhere(error: unknown): boolean {
  return SqlcrypterError.is(error) && (error.code === 'KMS_UNAVAILABLE' || error.code === 'KMS_TIMEOUT');
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

function notWrappedForUs({ fingerprint, wraps }: KeyRecord): SqlcrypterError {
  const keyRef = fingerprint.toString('hex');
  const names = wraps.slice(0, MOST_WRAPS).map(({ keyId }) => keyId);
  const by =
    names.join(', ') + (wraps.length > MOST_WRAPS ? ` and ${wraps.length - MOST_WRAPS} more` : '') || 'nothing';
  return new SqlcrypterError(
    'KEY_NOT_FOUND',
    `The stored key ${keyRef} is wrapped by ${by}, and by no key service of this crypterer. Read it with the key ` +
      'service that wraps it, or rewrap it.',
    { keyRef },
  );
}
