/// <reference types="node" preserve="true" />
import {
  type Closeable,
  type Crypterer,
  type KeyLease,
  type KeyLoader,
  type LoadKeysOptions,
  SqlcrypterError,
  type SyncCrypterer,
} from '@sqlcrypter/core';
import {
  checkOptionNames,
  type DataKey,
  DerivedKeyCache,
  defineCrypterer,
  encodeFrameHeader,
  type ProviderOptions,
} from '@sqlcrypter/core/provider';
import pLimit from 'p-limit';
import { CurrentKey } from './current-key.js';
import { type CachedKey, cacheName, DataKeyCache } from './data-key-cache.js';
import { DekEvents } from './events.js';
import { encodeGoHeader } from './go-frame.js';
import { KeyLocator, type LocatedKey } from './key-locator.js';
import type { KeyService } from './key-service.js';
import { KmsCalls } from './kms-calls.js';
import { keyCommitment } from './negative-cache.js';
import { type CheckedOptions, checkEnvelopeOptions, ENVELOPE_OPTION_NAMES, type EnvelopeOptions } from './options.js';
import { createRateLimit } from './rate-limit.js';
import { Refresher } from './refresher.js';
import type { EnvelopeStats } from './stats.js';
import { UNWRAP_CONCURRENCY, Unwrapper } from './unwrapper.js';
import { WriteKey } from './write-key.js';

/** A crypterer whose data keys are wrapped by a KMS. */
export type EnvelopeCrypterer = Crypterer &
  SyncCrypterer &
  KeyLoader &
  Closeable & {
    /** What has happened so far, and what is in memory now. */
    stats(): EnvelopeStats;
    /**
     * Drops every data key that no lease holds, and what is known to fail: the next read of each asks the KMS again,
     * also of what this process wrote. The key to write with stays.
     */
    forgetKeys(): void;
  };

/** The envelope around one KMS, before `defineCrypterer` has made it safe to use. */
class EnvelopeImplementation {
  readonly scheme: string;
  readonly #provider: number;
  readonly #options: CheckedOptions;
  readonly #derivedKeys = new DerivedKeyCache();
  readonly #locator: KeyLocator;
  readonly #events: DekEvents;
  readonly #calls: KmsCalls;
  readonly #cache: DataKeyCache;
  readonly #unwrapper: Unwrapper;
  readonly #refresher: Refresher;
  readonly #current: CurrentKey;
  #releaseOwn: () => void = () => undefined;

  constructor(keyService: KeyService, options: EnvelopeOptions) {
    const checked = checkEnvelopeOptions(options);
    this.scheme = keyService.scheme;
    this.#provider = keyService.provider;
    this.#options = checked;
    this.#locator = new KeyLocator(this.scheme, this.#provider, checked.goFrames !== 'reject');
    this.#events = new DekEvents(this.scheme);
    const services = [keyService, ...(options.fallback ?? [])];
    this.#calls = new KmsCalls(services, checked.requestTimeout, this.#derivedKeys);
    this.#cache = new DataKeyCache(checked.dekCache.maxSize);
    this.#unwrapper = new Unwrapper(this.#calls, createRateLimit(checked.decryptRateLimit), this.#events);
    this.#refresher = new Refresher(this.#cache, this.#unwrapper, this.#events, checked.dekCache.ttl);
    this.#current = new CurrentKey(() => this.#makeWriteKey());
  }

  /** Fetches the first data key where the options ask for it. */
  async start(): Promise<void> {
    if (this.#options.generate === 'start') await this.#current.renew();
  }

  encryptSync(plaintext: Buffer, { context }: ProviderOptions): Buffer {
    this.#checkMayWrite();
    return this.#seal(this.#current.takeSync(), plaintext, context);
  }

  async encrypt(plaintext: Buffer, options: ProviderOptions): Promise<Buffer> {
    this.#checkMayWrite();
    // Many may wait for the same key and use it up before it is this call's turn.
    while (!this.#current.isReady) await this.#current.renew();
    return this.encryptSync(plaintext, options);
  }

  decryptSync(ciphertext: Buffer, { context }: ProviderOptions): Buffer {
    const located = this.#locator.locate(ciphertext);
    const key = this.#find(located);
    if (key !== undefined) return this.#open(key, located, ciphertext, context);
    this.#unwrapper.refuseKnownFailure(located.wrapped, isBare(located), fingerprintsOf(located));
    throw new SqlcrypterError(
      'KEY_NOT_LOADED',
      "The value's data key is not in memory, and a synchronous call cannot ask the KMS. Await loadKeys() with the " +
        'ciphertexts first and keep its lease while you read, or decrypt asynchronously.',
    );
  }

  async decrypt(ciphertext: Buffer, { context }: ProviderOptions): Promise<Buffer> {
    const located = this.#locator.locate(ciphertext);
    const key = this.#find(located) ?? (await this.#load([{ located, ciphertext }]));
    return this.#open(key, located, ciphertext, context);
  }

  async loadKeys(ciphertexts: Buffer[], { signal, onError }: LoadKeysOptions): Promise<KeyLease> {
    const failures = new Map<number, SqlcrypterError>();
    const groups = this.#groupByKey(ciphertexts, failures);
    const keys: CachedKey[] = [];
    const limit = pLimit(UNWRAP_CONCURRENCY);
    await Promise.all(
      Array.from(groups, (group) =>
        limit(async () => {
          // Nobody waits any more: keys that are not asked for yet stay so.
          if (signal?.aborted === true) return;
          try {
            const key = this.#find(group[0].located) ?? (await this.#load(group));
            keys.push(key);
            for (const { located, index } of group) if (!isNamedBy(key, located)) failures.set(index, keyCommitment());
          } catch (error) {
            for (const { index } of group) failures.set(index, asSqlcrypterError(error));
          }
        }),
      ),
    );
    if (onError !== 'collect' && failures.size > 0) throw failures.get(Math.min(...failures.keys()));
    const release = this.#cache.hold(keys);
    return { failures, dispose: release, [Symbol.dispose]: release };
  }

  stats(): EnvelopeStats {
    return {
      generateCalls: this.#calls.generates,
      unwrapCalls: this.#calls.unwraps,
      events: { ...this.#events.counts },
      cachedKeys: this.#cache.size.keys,
      cachedBytes: this.#cache.size.bytes,
      currentKey: this.#current.key && {
        values: this.#current.key.dataKey.sealedValues,
        bytes: this.#current.key.dataKey.sealedBytes,
        age: this.#current.key.age,
      },
    };
  }

  forgetKeys(): void {
    this.#releaseOwn();
    this.#cache.forget();
    this.#unwrapper.negative.clear();
  }

  async close(): Promise<void> {
    const closing = this.#calls.close();
    this.#current.drop();
    this.#cache.clear();
    this.#derivedKeys.clear();
    this.#unwrapper.negative.clear();
    await closing;
  }

  #checkMayWrite(): void {
    if (this.#options.generate !== 'never') return;
    throw new SqlcrypterError(
      'UNSUPPORTED',
      "This crypterer only reads: it was created with generate: 'never'. Create one that may make data keys.",
    );
  }

  #seal(key: WriteKey, plaintext: Buffer, context: Buffer): Buffer {
    if (this.#options.goFrames === 'write') return key.dataKey.sealGo(plaintext, key.header);
    return key.dataKey.seal(plaintext, key.header, context);
  }

  async #makeWriteKey(): Promise<WriteKey> {
    const { suite, goFrames, dekLimits } = this.#options;
    const bare = goFrames === 'write';
    const { dataKey, wrapped } = await this.#calls.generate(bare);
    const { fingerprint } = dataKey;
    const header = bare
      ? encodeGoHeader(wrapped)
      : encodeFrameHeader(suite, { kind: 3, fingerprint, provider: this.#provider, wrapped });
    // The key before it, if there is one, becomes a key like any other: asked for again when its time is over.
    this.#releaseOwn();
    const own = this.#cache.add(cacheName(wrapped, bare), wrapped, bare, dataKey);
    own.own = true;
    const release = this.#cache.hold([own]);
    this.#releaseOwn = () => {
      own.own = false;
      own.age.restart();
      release();
    };
    this.#events.tell('renewed');
    return new WriteKey(dataKey, wrapped, header, dekLimits);
  }

  /** The value's key if it is in memory and may still be used. */
  #find(located: LocatedKey): CachedKey | undefined {
    const key = this.#cache.find(located.name);
    if (key === undefined || !this.#refresher.mayUse(key)) return undefined;
    this.#events.tell('hit');
    return key;
  }

  /**
   * Brings one key, which several values may name, into memory. It is kept only if it is proven to be theirs: by the
   * commitment of a v1 frame, or by a Go frame that authenticates, which commits to nothing.
   */
  async #load(group: readonly { readonly located: LocatedKey; readonly ciphertext: Buffer }[]): Promise<CachedKey> {
    const { located } = group[0] as (typeof group)[number];
    const { name, wrapped, header } = located;
    const bare = isBare(located);
    const fingerprints = group.flatMap((member) => fingerprintsOf(member.located));
    this.#events.tell('miss');
    const dataKey = await this.#unwrapper.unwrap(name, wrapped, bare, fingerprints);
    if (bare) {
      openAnyGoFrame(dataKey, group, header.length);
    } else if (!fingerprints.some((fingerprint) => dataKey.hasFingerprint(fingerprint))) {
      this.#unwrapper.negative.rememberFingerprint(wrapped, bare, dataKey.fingerprint);
      throw keyCommitment();
    }
    return this.#cache.add(name, wrapped, bare, dataKey);
  }

  #open(key: CachedKey, located: LocatedKey, ciphertext: Buffer, context: Buffer): Buffer {
    if (located.committed === undefined) return key.dataKey.openGo(ciphertext, located.header.length);
    const { fingerprint, layout } = located.committed;
    if (!key.dataKey.hasFingerprint(fingerprint)) throw keyCommitment();
    return key.dataKey.open(ciphertext, layout, context);
  }

  #groupByKey(ciphertexts: readonly Buffer[], failures: Map<number, SqlcrypterError>): Iterable<Group> {
    const groups = new Map<string, Group>();
    for (const [index, ciphertext] of ciphertexts.entries()) {
      try {
        const located = this.#locator.locate(ciphertext);
        const group = groups.get(located.name);
        if (group === undefined) groups.set(located.name, [{ index, located, ciphertext }]);
        else group.push({ index, located, ciphertext });
      } catch (error) {
        failures.set(index, asSqlcrypterError(error));
      }
    }
    return groups.values();
  }
}

/** Values that name the same key. */
type Group = [Member, ...Member[]];

interface Member {
  readonly index: number;
  readonly located: LocatedKey;
  readonly ciphertext: Buffer;
}

function isBare(located: LocatedKey): boolean {
  return located.committed === undefined;
}

function fingerprintsOf({ committed }: LocatedKey): Buffer[] {
  return committed === undefined ? [] : [committed.fingerprint];
}

function isNamedBy(key: CachedKey, { committed }: LocatedKey): boolean {
  return committed === undefined || key.dataKey.hasFingerprint(committed.fingerprint);
}

/** Errors: the last value's, if none authenticates. */
function openAnyGoFrame(
  dataKey: DataKey,
  group: readonly { readonly ciphertext: Buffer }[],
  nonceOffset: number,
): void {
  let failure: unknown;
  for (const { ciphertext } of group) {
    try {
      dataKey.openGo(ciphertext, nonceOffset).fill(0);
      return;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function asSqlcrypterError(error: unknown): SqlcrypterError {
  if (SqlcrypterError.is(error)) return error;
  throw error;
}

/**
 * A crypterer whose data keys a KMS wraps: values carry the wrapped key, reads unwrap each distinct key once.
 *
 * @param keyService the two calls of a KMS; see {@link KeyService}.
 * Errors: `CONFIG`, and with `generate: 'start'` whatever the first data key ends in.
 */
export async function createEnvelopeCrypterer(
  keyService: KeyService,
  options: EnvelopeOptions = {},
): Promise<EnvelopeCrypterer> {
  checkOptionNames(options, 'createEnvelopeCrypterer', ENVELOPE_OPTION_NAMES);
  const implementation = new EnvelopeImplementation(keyService, options);
  try {
    await implementation.start();
  } catch (error) {
    await implementation.close();
    throw error;
  }
  return Object.assign(defineCrypterer(implementation), {
    stats: () => implementation.stats(),
    forgetKeys: () => implementation.forgetKeys(),
  });
}
