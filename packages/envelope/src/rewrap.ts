/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import {
  checkPositive,
  DataKey,
  DerivedKeyCache,
  type KeyRecord,
  type KeyService,
  type KeyStore,
  type KeyWrap,
  readOptions,
  takeOptions,
} from '@sqlcrypter/core/provider';
import { coded } from './coded.js';
import { checkKeyService } from './key-service.js';
import { KmsCalls } from './kms-calls.js';
import { keyCommitment } from './negative-cache.js';

const PAGE = 100;

/** Options of {@link rewrap}. */
export interface RewrapOptions {
  /** The key table. */
  readonly store: KeyStore;
  /** Key services that open the wraps there are; needed where `to` cannot rewrap them inside its KMS. */
  readonly from?: readonly KeyService[];
  /** The key service whose key is to wrap every key: another key, another Region or another provider. */
  readonly to: KeyService;
  /** Default false: earlier wraps stay, and any one opens. True takes them away, once the new one is proven. */
  readonly removeOthers?: boolean;
  /** Milliseconds for each call to a KMS; default 10,000. */
  readonly requestTimeout?: number;
  /** Ends the run between two keys with `ABORTED`. What is done is done: a later run goes on from there. */
  readonly signal?: AbortSignal;
}

/** What a run of {@link rewrap} did. */
export interface RewrapResult {
  /** Keys that are wrapped by `to` now. */
  readonly keys: number;
  /** Those among them that this run wrapped. */
  readonly rewrapped: number;
  /** Wraps taken away. */
  readonly removed: number;
}

/**
 * Moves every branch key to another wrapping key, without touching a value: what a KMS wraps is only these, and there
 * are few. Each new wrap is opened and compared by fingerprint before it is stored. Runs may be repeated, also while
 * processes write; a key that was made meanwhile is found by the next run.
 *
 * The key services stay open. Errors: `CONFIG`, `ABORTED`, `KEY_STORE_UNAVAILABLE`, `KEY_COMMITMENT`, `KEY_NOT_FOUND` (a
 * key that no service opens), `KMS_…`.
 */
export async function rewrap(options: RewrapOptions): Promise<RewrapResult> {
  const checked = readOptions('rewrap', () => checkRewrapOptions(options));
  try {
    return await rewrapAll(checked);
  } catch (error) {
    throw coded(error, 'key service or key store');
  }
}

async function rewrapAll(options: RewrapOptions): Promise<RewrapResult> {
  const { store, removeOthers = false, signal } = options;
  const worker = new RewrapWorker(options);
  const result = { keys: 0, rewrapped: 0, removed: 0 };
  let after: Buffer | undefined;
  for (;;) {
    const page = await store.list('branch', after, PAGE);
    for (const record of page) {
      if (signal?.aborted) {
        throw new SqlcrypterError(
          'ABORTED',
          "Rewrapping was given up because the caller's signal fired. Run it again.",
        );
      }
      const { wrap, isNew } = await worker.wrapOf(record);
      if (isNew) await store.addWrap(record.fingerprint, wrap);
      result.keys += 1;
      result.rewrapped += isNew ? 1 : 0;
      if (!removeOthers) continue;
      for (const { provider, keyId } of record.wraps) {
        if (provider === wrap.provider && keyId === wrap.keyId) continue;
        await store.removeWrap(record.fingerprint, provider, keyId);
        result.removed += 1;
      }
    }
    after = page.at(-1)?.fingerprint;
    if (page.length < PAGE) return result;
  }
}

class RewrapWorker {
  readonly #to: KeyService;
  readonly #target: KmsCalls;
  readonly #sources: KmsCalls;

  constructor({ from = [], to, requestTimeout = 10_000 }: RewrapOptions) {
    this.#to = to;
    this.#target = new KmsCalls([to], [], requestTimeout, new DerivedKeyCache());
    this.#sources = new KmsCalls([...from, to], [], requestTimeout, new DerivedKeyCache());
  }

  /** A wrap by the target that was just seen to open: the one that is there, or a new one. */
  async wrapOf(record: KeyRecord): Promise<{ readonly wrap: KeyWrap; readonly isNew: boolean }> {
    const there = record.wraps.find(
      ({ provider, keyId }) => provider === this.#to.provider && this.#to.holds?.(keyId) === true,
    );
    const wrap = there ?? (await this.#inside(record)) ?? (await this.#outside(record));
    const proven = await this.#target.unwrapStored({ ...record, wraps: [wrap] });
    if (!proven.hasFingerprint(record.fingerprint)) throw keyCommitment();
    return { wrap, isNew: there === undefined };
  }

  /** Opened by one service and wrapped by the other. */
  async #outside(record: KeyRecord): Promise<KeyWrap> {
    const { plaintext } = await this.#sources.openStored(record);
    try {
      // The wrap that was opened may be another key's: it must not be wrapped as this one.
      if (!new DataKey(plaintext).hasFingerprint(record.fingerprint)) throw keyCommitment();
      return (await this.#target.wrapStored(plaintext, record))[0] as KeyWrap;
    } finally {
      plaintext.fill(0);
    }
  }

  /** By the KMS itself, where one of its own keys wraps it: the plaintext stays there. */
  async #inside(record: KeyRecord): Promise<KeyWrap | undefined> {
    if (this.#to.rewrapDataKey === undefined) return undefined;
    for (const wrap of record.wraps) {
      if (wrap.provider !== this.#to.provider) continue;
      try {
        return await this.#target.rewrapStored(wrap, record);
      } catch {
        // A key of another account or Region, or no permission for it: it is opened and wrapped instead.
      }
    }
    return undefined;
  }
}

function checkRewrapOptions(given: RewrapOptions): RewrapOptions {
  const options = takeOptions(given, 'rewrap', ['store', 'from', 'to', 'removeOthers', 'requestTimeout', 'signal']);
  const { store, from = [], to, requestTimeout = 1, removeOthers = false, signal } = options;
  if (typeof store?.list !== 'function' || !Array.isArray(from)) {
    throw new SqlcrypterError('CONFIG', 'rewrap needs a key table and key services. Expected { store, from?, to }.');
  }
  if (typeof removeOthers !== 'boolean') {
    throw new SqlcrypterError(
      'CONFIG',
      'removeOthers is neither true nor false: it decides which wraps are taken away.',
    );
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new SqlcrypterError('CONFIG', 'signal is not an AbortSignal, and so could not end the run.');
  }
  for (const [index, service] of from.entries()) checkKeyService(service, `from[${index}]`);
  checkKeyService(to, 'to');
  checkPositive(requestTimeout, 'requestTimeout', 'milliseconds');
  if (typeof to.wrapDataKey === 'function') return options;
  throw new SqlcrypterError('CONFIG', `The key service ${to.scheme} has no wrapDataKey, and so cannot rewrap.`);
}
