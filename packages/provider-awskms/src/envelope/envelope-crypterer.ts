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
  type Frame,
  type ProviderOptions,
  parseFrame,
} from '@sqlcrypter/core/provider';
import pLimit from 'p-limit';
import { CurrentKey } from './current-key.js';
import { type CachedKey, cacheName, DataKeyCache } from './data-key-cache.js';
import { DekEvents } from './events.js';
import { encodeGoHeader, type GoFrame, parseGoFrame } from './go-frame.js';
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

/** The key of a value as its frame names it. */
type Located =
  | { readonly go?: undefined; readonly frame: Frame; readonly wrapped: Buffer; readonly fingerprint: Buffer }
  | { readonly go: GoFrame; readonly wrapped: Buffer };

/** The envelope around one KMS, before `defineCrypterer` has made it safe to use. */
class EnvelopeImplementation {
  readonly scheme: string;
  readonly #provider: number;
  readonly #options: CheckedOptions;
  readonly #derivedKeys = new DerivedKeyCache();
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
    if (this.#options.generate === 'start') await this.#current.take();
  }

  encryptSync(plaintext: Buffer, { context }: ProviderOptions): Buffer {
    this.#checkMayWrite();
    return this.#seal(this.#current.takeSync(), plaintext, context);
  }

  async encrypt(plaintext: Buffer, { context }: ProviderOptions): Promise<Buffer> {
    this.#checkMayWrite();
    return this.#seal(await this.#current.take(), plaintext, context);
  }

  decryptSync(ciphertext: Buffer, { context }: ProviderOptions): Buffer {
    const located = this.#locate(ciphertext);
    const key = this.#find(located);
    if (key !== undefined) return this.#open(key, located, ciphertext, context);
    const bare = located.go !== undefined;
    this.#unwrapper.refuseKnownFailure(located.wrapped, bare, fingerprintsOf(located));
    throw new SqlcrypterError(
      'KEY_NOT_LOADED',
      "The value's data key is not in memory, and a synchronous call cannot ask the KMS. Await loadKeys() with the " +
        'ciphertexts first and keep its lease while you read, or decrypt asynchronously.',
    );
  }

  async decrypt(ciphertext: Buffer, { context }: ProviderOptions): Promise<Buffer> {
    const located = this.#locate(ciphertext);
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

  /** What the value's frame says of its key. Errors: `FRAME_…`, `KEY_NOT_FOUND`. */
  #locate(ciphertext: Buffer): Located {
    // No v1 frame begins with another byte than 0, and no Go frame with it.
    if (this.#options.goFrames !== 'reject' && ciphertext.length > 0 && ciphertext[0] !== 0) {
      const go = parseGoFrame(ciphertext);
      if (go !== undefined) return { go, wrapped: go.wrapped };
    }
    const frame = parseFrame(ciphertext);
    const { key } = frame;
    if (key.kind !== 3) {
      const keyRef = key.kind === 1 ? key.id.toString(16).padStart(8, '0') : key.fingerprint.toString('hex');
      const what = key.kind === 1 ? 'a local key by its id' : 'a key of a key table by its fingerprint';
      throw new SqlcrypterError(
        'KEY_NOT_FOUND',
        `The value names ${what} (${keyRef}), which this ${this.scheme} crypterer does not have. ` +
          'Decrypt it with the crypterer that wrote it.',
        { keyRef },
      );
    }
    if (key.provider !== this.#provider) {
      throw new SqlcrypterError(
        'FRAME_UNSUPPORTED',
        `The value's data key is wrapped by provider ${key.provider}, and this ${this.scheme} crypterer is ` +
          `provider ${this.#provider}. Decrypt it with the crypterer of that provider.`,
      );
    }
    return { frame, wrapped: key.wrapped, fingerprint: key.fingerprint };
  }

  /** The value's key if it is in memory and may still be used. */
  #find(located: Located): CachedKey | undefined {
    const key = this.#cache.find(cacheName(located.wrapped, located.go !== undefined));
    if (key === undefined || !this.#refresher.mayUse(key)) return undefined;
    this.#events.tell('hit');
    return key;
  }

  /**
   * Brings one key, which several values may name, into memory. It is kept only if it is proven to be theirs: by the
   * commitment of a v1 frame, or by a Go frame that authenticates, which commits to nothing.
   */
  async #load(group: readonly { readonly located: Located; readonly ciphertext: Buffer }[]): Promise<CachedKey> {
    const { located } = group[0] as (typeof group)[number];
    const { wrapped } = located;
    const bare = located.go !== undefined;
    const fingerprints = group.flatMap((member) => fingerprintsOf(member.located));
    const name = cacheName(wrapped, bare);
    this.#events.tell('miss');
    const dataKey = await this.#unwrapper.unwrap(name, wrapped, bare, fingerprints);
    if (located.go !== undefined) {
      openAnyGoFrame(dataKey, group, located.go.nonceOffset);
    } else if (!fingerprints.some((fingerprint) => dataKey.hasFingerprint(fingerprint))) {
      this.#unwrapper.negative.rememberFingerprint(wrapped, bare, dataKey.fingerprint);
      throw keyCommitment();
    }
    return this.#cache.add(name, wrapped, bare, dataKey);
  }

  #open(key: CachedKey, located: Located, ciphertext: Buffer, context: Buffer): Buffer {
    if (located.go !== undefined) return key.dataKey.openGo(ciphertext, located.go.nonceOffset);
    if (!key.dataKey.hasFingerprint(located.fingerprint)) throw keyCommitment();
    return key.dataKey.open(ciphertext, located.frame, context);
  }

  #groupByKey(ciphertexts: readonly Buffer[], failures: Map<number, SqlcrypterError>): Iterable<Group> {
    const groups = new Map<string, Group>();
    for (const [index, ciphertext] of ciphertexts.entries()) {
      try {
        const located = this.#locate(ciphertext);
        const name = cacheName(located.wrapped, located.go !== undefined);
        const group = groups.get(name);
        if (group === undefined) groups.set(name, [{ index, located, ciphertext }]);
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
  readonly located: Located;
  readonly ciphertext: Buffer;
}

function fingerprintsOf(located: Located): Buffer[] {
  return located.go === undefined ? [located.fingerprint] : [];
}

function isNamedBy(key: CachedKey, located: Located): boolean {
  return located.go !== undefined || key.dataKey.hasFingerprint(located.fingerprint);
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
