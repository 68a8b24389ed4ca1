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
  aborted,
  type Configuration,
  checkScope,
  type DataKey,
  DerivedKeyCache,
  defineCrypterer,
  encodeFrameHeader,
  type KeyService,
  type KeyToOpen,
  type KeyToSeal,
  type ProviderOptions,
  readOptions,
  takeOptions,
} from '@sqlcrypter/core/provider';
import pLimit from 'p-limit';
import { coded } from './coded.js';
import { CurrentKey } from './current-key.js';
import { type CachedKey, cacheName, DataKeyCache } from './data-key-cache.js';
import { DekEvents } from './events.js';
import { encodeGoHeader } from './go-frame.js';
import { groupByKey, type KeyGroup, namesKey, proveKey } from './key-group.js';
import { KeyLocator, type LocatedKey } from './key-locator.js';
import { checkKeyService } from './key-service.js';
import { KmsCalls } from './kms-calls.js';
import { keyCommitment } from './negative-cache.js';
import { type CheckedOptions, checkEnvelopeOptions, ENVELOPE_OPTION_NAMES, type EnvelopeOptions } from './options.js';
import { createRateLimit } from './rate-limit.js';
import { Refresher } from './refresher.js';
import { isRefusal, isRevocation } from './revocation.js';
import type { EnvelopeStats } from './stats.js';
import { KeyTableEnvelope } from './stored/key-table-envelope.js';
import type { LineKey } from './stored/line-key.js';
import { UNWRAP_CONCURRENCY } from './unwrap-queue.js';
import { Unwrapper } from './unwrapper.js';
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
    /**
     * With a key table: looks at once for keys that were disabled or destroyed, or whose rows were changed, and drops
     * them, as it is done every `storedKeys.revocationInterval` anyway. For applications that are told of a change, e.g.
     * by LISTEN and NOTIFY.
     *
     * Errors: `KEY_STORE_UNAVAILABLE`, `KEY_NOT_FOUND` (the row of a key in memory is gone: it is still read with, for a
     * day, and not written with), `UNSUPPORTED` without a key table.
     */
    checkRevocations(): Promise<void>;
  };

/** The envelope around one KMS, before `defineCrypterer` has made it safe to use. */
class EnvelopeImplementation {
  readonly scheme: string;
  readonly configuration: Configuration;
  /** Keys in lines, one for each scope, are kept in a key table only. */
  readonly scopes: boolean;
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
  /** Where there is a key table to read with. */
  readonly #table: KeyTableEnvelope | undefined;
  /** Where its keys are written with, too. */
  readonly #lines: KeyTableEnvelope | undefined;
  /** The key that this process writes with, and what makes it a key like any other. */
  #own: CachedKey | undefined;
  #releaseOwn: () => void = nothing;

  constructor(keyService: KeyService, options: EnvelopeOptions) {
    const checked = checkEnvelopeOptions(options);
    const services = checkServices(keyService, options.fallback);
    const others = checkOthers(options.otherKeyServices);
    const { store } = options;
    if (store !== undefined) checkMayWrap([...services, ...others], checked.generate);
    this.scheme = keyService.scheme;
    this.configuration = [
      JSON.stringify(checked),
      store,
      services.length,
      ...[...services, ...others].flatMap(configurationOf),
    ];
    this.#provider = keyService.provider;
    this.#options = checked;
    this.#locator = new KeyLocator(this.scheme, this.#provider, {
      goFrames: checked.goFrames !== 'reject',
      stored: store !== undefined,
      inline: checked.inline !== 'deny',
    });
    this.#events = new DekEvents(this.scheme);
    this.#calls = new KmsCalls(services, others, checked.requestTimeout, this.#derivedKeys);
    this.#cache = new DataKeyCache(checked.dekCache.maxSize);
    this.#unwrapper = new Unwrapper(this.#calls, createRateLimit(checked.decryptRateLimit), this.#events);
    this.#refresher = new Refresher(this.#cache, this.#unwrapper, this.#events, checked.dekCache.ttl, ({ name }) =>
      this.#stopWriting(name),
    );
    this.#current = new CurrentKey(() => this.#makeWriteKey());
    this.scopes = store !== undefined && checked.inline !== 'write';
    this.#table =
      store &&
      new KeyTableEnvelope(store, {
        options: checked,
        calls: this.#calls,
        cache: this.#cache,
        unwrapper: this.#unwrapper,
        derivedKeys: this.#derivedKeys,
        events: this.#events,
      });
    this.#lines = this.scopes ? this.#table : undefined;
  }

  /** Fetches the first data key where the options ask for it. */
  async start(): Promise<void> {
    if (this.#options.generate !== 'start') return;
    await (this.#lines === undefined ? this.#current.renew() : this.#lines.take(undefined));
  }

  encryptSync(plaintext: Buffer, { context, scope }: ProviderOptions): Buffer {
    this.#checkMayWrite();
    return this.#seal(this.#takeSync(scope), plaintext, context);
  }

  async encrypt(plaintext: Buffer, options: ProviderOptions): Promise<Buffer> {
    this.#checkMayWrite();
    const isReady = this.#lines === undefined ? this.#current.isReady : this.#lines.isReady(options.scope);
    try {
      return isReady ? this.encryptSync(plaintext, options) : await this.#encryptLater(plaintext, options);
    } finally {
      // An asynchronous function is given a copy: nobody else wipes it.
      plaintext.fill(0);
    }
  }

  async #encryptLater(plaintext: Buffer, options: ProviderOptions): Promise<Buffer> {
    if (this.#lines !== undefined) return this.#seal(await this.#lines.take(options.scope), plaintext, options.context);
    // Many may wait for the same key and use it up before it is this call's turn.
    while (!this.#current.isReady) {
      if (options.signal?.aborted) throw aborted();
      await this.#current.renew();
    }
    return this.encryptSync(plaintext, options);
  }

  decryptSync(ciphertext: Buffer, { context, scope }: ProviderOptions): Buffer {
    const located = this.#locator.locate(ciphertext);
    const key = this.#find(located);
    if (key !== undefined) return this.#open(key, located, ciphertext, context, scope);
    this.#unwrapper.refuseKnownFailure(located);
    throw new SqlcrypterError(
      'KEY_NOT_LOADED',
      "The value's data key is not in memory, and a synchronous call cannot ask the KMS. Await loadKeys() with the " +
        'ciphertexts first and keep its lease while you read, or decrypt asynchronously.',
    );
  }

  async decrypt(ciphertext: Buffer, { context, scope, signal }: ProviderOptions): Promise<Buffer> {
    const located = this.#locator.locate(ciphertext);
    const key = this.#find(located);
    if (key !== undefined) return this.#open(key, located, ciphertext, context, scope);
    const open = (loaded: CachedKey) => this.#open(loaded, located, ciphertext, context, scope);
    return this.#load([{ index: 0, located, ciphertext }], open, signal);
  }

  keyToOpen(ciphertext: Buffer, scope?: string): KeyToOpen | undefined {
    const located = this.#locator.locate(ciphertext);
    const { committed } = located;
    const key = committed && this.#find(located);
    if (committed === undefined || !key?.dataKey.hasFingerprint(committed.fingerprint)) return undefined;
    refuseOtherScope(key, scope);
    return { dataKey: key.dataKey, layout: committed.layout };
  }

  keyToSeal(values: number, bytes: number, scope?: string): KeyToSeal | undefined {
    if (this.#options.goFrames === 'write') return undefined;
    this.#checkMayWrite();
    const key = this.#takeSync(scope);
    return key.hasRoomFor(values, bytes) ? key : undefined;
  }

  async loadKeys(ciphertexts: Buffer[], { signal, onError }: LoadKeysOptions): Promise<KeyLease> {
    const failures = new Map<number, SqlcrypterError>();
    const releases: (() => void)[] = [];
    const dispose = () => {
      for (const release of releases) release();
    };
    const limit = pLimit(UNWRAP_CONCURRENCY);
    // Keys of the key table are looked up together; only their branch keys wait for the KMS.
    const inTurn = (group: KeyGroup, work: () => Promise<void>) => (group[0].located.isStored ? work() : limit(work));
    await Promise.all(
      groupByKey(this.#locator, ciphertexts, failures).map((group) =>
        inTurn(group, async () => {
          // Nobody waits any more: keys that are not asked for yet stay so.
          if (signal?.aborted === true) return;
          const hold = (key: CachedKey) => {
            releases.push(this.#cache.hold(key));
            for (const { located, index } of group) {
              if (!namesKey(located, key.dataKey)) failures.set(index, keyCommitment());
            }
          };
          try {
            const key = this.#find(group[0].located);
            if (key === undefined) await this.#load(group, hold, signal);
            else hold(key);
          } catch (error) {
            if (!SqlcrypterError.is(error)) throw error;
            for (const { index } of group) failures.set(index, error);
          }
        }),
      ),
    );
    if (onError === 'collect' || failures.size === 0) return { failures, dispose, [Symbol.dispose]: dispose };
    dispose();
    throw failures.get(Math.min(...failures.keys()));
  }

  stats(): EnvelopeStats {
    return {
      generateCalls: this.#calls.generates,
      unwrapCalls: this.#calls.unwraps,
      events: { ...this.#events.counts },
      cachedKeys: this.#cache.size.keys,
      cachedBytes: this.#cache.size.bytes,
      branchKeys: this.#table?.branches ?? 0,
      currentKey: this.#currentKey(),
    };
  }

  #currentKey(): EnvelopeStats['currentKey'] {
    const key = this.#lines === undefined ? this.#current.key : this.#lines.current;
    return key && { values: key.dataKey.sealedValues, bytes: key.dataKey.sealedBytes, age: key.age };
  }

  async checkRevocations(): Promise<void> {
    this.#calls.refuseIfClosed();
    if (this.#table !== undefined) {
      return this.#table.check().catch((error) => {
        throw coded(error, 'key store');
      });
    }
    throw new SqlcrypterError('UNSUPPORTED', 'Keys are revoked in a key table. Create the crypterer with a store.');
  }

  forgetKeys(): void {
    this.#releaseOwn();
    this.#cache.forget();
    this.#table?.forget();
    this.#derivedKeys.clear();
    this.#unwrapper.negative.clear();
    this.#calls.forget();
  }

  async close(): Promise<void> {
    const closing = this.#calls.close();
    this.#current.close();
    this.#table?.close();
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

  #takeSync(scope: string | undefined): WriteKey | LineKey {
    if (this.#lines !== undefined) return this.#lines.takeSync(scope);
    const key = this.#current.takeSync();
    // Who only writes must learn, too, that the KMS key is gone. What was denied may be the right to make keys alone, and
    // such a process may never have had the right to unwrap them.
    const refusal = this.#own?.refusal;
    if (refusal !== undefined && refusal !== 'KMS_DENIED') this.#refresher.mayUse(this.#own as CachedKey);
    return key;
  }

  /** The KMS refuses a key. If it is the one that values are written with, nobody could read them. */
  #stopWriting(name: string): void {
    const { key } = this.#current;
    if (key === undefined || cacheName(key.wrapped, this.#options.goFrames === 'write') !== name) return;
    this.#releaseOwn();
    this.#current.giveUp();
  }

  #seal(key: WriteKey | LineKey, plaintext: Buffer, context: Buffer): Buffer {
    if (this.#options.goFrames === 'write') return key.dataKey.sealGo(plaintext, key.header);
    return key.dataKey.seal(plaintext, key.header, context);
  }

  async #makeWriteKey(): Promise<WriteKey> {
    const { suite, goFrames, dekLimits } = this.#options;
    const bare = goFrames === 'write';
    const provider = this.#provider;
    const generated = this.#calls.generate(bare, (dataKey, wrapped) => {
      const { fingerprint } = dataKey;
      const header = bare
        ? encodeGoHeader(wrapped)
        : encodeFrameHeader(suite, { kind: 3, fingerprint, provider, wrapped });
      return { dataKey, wrapped, header };
    });
    const { dataKey, wrapped, header } = await generated.catch((error) => {
      // The key may have been taken away, too. Who uses it asks the KMS from here on.
      if (this.#own !== undefined && isRevocation(error)) this.#own.refusal = error.code;
      throw error;
    });
    this.#calls.refuseIfClosed();
    // The key before it, if there is one, becomes a key like any other: asked for again when its time is over.
    this.#releaseOwn();
    const own = this.#cache.add(cacheName(wrapped, bare), wrapped, bare, dataKey);
    own.own = true;
    this.#own = own;
    const release = this.#cache.hold(own);
    this.#releaseOwn = () => {
      this.#releaseOwn = nothing;
      this.#own = undefined;
      // Where a renewal was refused before, its age counts already.
      if (own.refusal === undefined) own.age.restart();
      own.own = false;
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
   * Brings one key, which several values may name, into memory. It is kept only if it is proven to be theirs.
   *
   * @param use what is done with it, before anything else happens to it.
   * @param signal ends the caller's wait.
   */
  async #load<T>(group: KeyGroup, use: (key: CachedKey) => T, signal: AbortSignal | undefined): Promise<T> {
    const { name, wrapped, bare } = group[0].located;
    const fingerprints = group.flatMap(({ located }) => located.fingerprints);
    const wanted = { name, wrapped, bare, fingerprints };
    if (bare) this.#unwrapper.refuseKnownForgery(group.map(({ ciphertext }) => ciphertext));
    this.#events.tell('miss');
    if (this.#table !== undefined && group[0].located.isStored) return use(await this.#table.load(wrapped, signal));
    const accept = (dataKey: DataKey) => {
      try {
        proveKey(dataKey, group);
      } catch (error) {
        if (bare) this.#unwrapper.negative.rememberForgeries(group.map(({ ciphertext }) => ciphertext));
        else this.#unwrapper.negative.rememberFingerprint(wanted, dataKey.fingerprint);
        throw error;
      }
      return use(this.#cache.add(name, wrapped, bare, dataKey));
    };
    try {
      return await this.#unwrapper.unwrap(wanted, accept, signal);
    } catch (error) {
      // Another key than a value claims is the value's fault.
      if (isRefusal(error) && error.code !== 'KEY_COMMITMENT') this.#stopWriting(name);
      throw error;
    }
  }

  #open(key: CachedKey, located: LocatedKey, ciphertext: Buffer, context: Buffer, scope: string | undefined): Buffer {
    refuseOtherScope(key, scope);
    if (located.committed === undefined) return key.dataKey.openGo(ciphertext, located.header.length);
    const { fingerprint, layout } = located.committed;
    if (!key.dataKey.hasFingerprint(fingerprint)) throw keyCommitment();
    return key.dataKey.open(ciphertext, layout, context);
  }
}

function nothing(): void {}

/** What tells a key service from others, with the number of its parts, so that lists of services stay apart. */
function configurationOf(service: KeyService): Configuration {
  const { provider, scheme, configuration = [service] } = service;
  return [provider, scheme, configuration.length, ...configuration];
}

/** Errors: `INVALID_ARGUMENT`, `AUTH_FAILED`, `UNSUPPORTED`. A key is of the scope that its wrap was found to be bound to. */
function refuseOtherScope({ stored }: CachedKey, scope: string | undefined): void {
  if (scope === undefined || stored?.scope === checkScope(scope)) return;
  if (stored === undefined) {
    throw new SqlcrypterError(
      'UNSUPPORTED',
      'The value carries its wrapped data key, which is of no scope. Decrypt it without `scope`, or encrypt it again.',
    );
  }
  const keyRef = stored.fingerprint.toString('hex');
  throw new SqlcrypterError(
    'AUTH_FAILED',
    `The value is encrypted under the stored key ${keyRef}, which is not of the scope that was asked for. Expected a ` +
      'value of that scope: was it moved here from another tenant, or is `scope` wrong?',
    { keyRef },
  );
}

/** Errors: `CONFIG`. A value names the provider that wrapped its key, so the fallbacks must be of the same. */
function checkServices(keyService: KeyService, fallback: readonly KeyService[] = []): KeyService[] {
  const primary = checkKeyService(keyService, 'The first argument of createEnvelopeCrypterer');
  if (!Array.isArray(fallback)) {
    throw new SqlcrypterError('CONFIG', 'fallback is not a list. Expected an array of key services.');
  }
  const others = fallback.map((service, index) => checkKeyService(service, `fallback[${index}]`));
  const foreign = others.find(({ provider }) => provider !== primary.provider);
  if (foreign === undefined) return [primary, ...others];
  throw new SqlcrypterError(
    'CONFIG',
    `A fallback is of provider ${foreign.provider} and the key service of ${primary.provider}. Expected the same.`,
  );
}

/** Errors: `CONFIG`. */
function checkOthers(services: readonly KeyService[] = []): KeyService[] {
  if (!Array.isArray(services)) {
    throw new SqlcrypterError('CONFIG', 'otherKeyServices is not a list. Expected an array of key services.');
  }
  return services.map((service, index) => checkKeyService(service, `otherKeyServices[${index}]`));
}

/** Errors: `CONFIG`. */
function checkMayWrap(services: readonly KeyService[], generate: string): void {
  const unable = services.find(({ wrapDataKey }) => typeof wrapDataKey !== 'function');
  if (unable === undefined || generate === 'never') return;
  throw new SqlcrypterError(
    'CONFIG',
    `The key service ${unable.scheme} has no wrapDataKey, which a key table needs: it binds a wrapped key to its row.`,
  );
}

/**
 * A crypterer whose data keys a KMS wraps. Values carry the wrapped key and reads unwrap each distinct key once; with a
 * `store` values name a key of a key table that a whole fleet shares.
 *
 * @param keyService the two calls of a KMS; see {@link KeyService}.
 * Errors: `CONFIG`, and with `generate: 'start'` whatever the first data key ends in.
 */
export async function createEnvelopeCrypterer(
  keyService: KeyService,
  options: EnvelopeOptions = {},
): Promise<EnvelopeCrypterer> {
  const implementation = readOptions('createEnvelopeCrypterer', () => {
    const taken = takeOptions(options, 'createEnvelopeCrypterer', ENVELOPE_OPTION_NAMES);
    return new EnvelopeImplementation(keyService, taken);
  });
  try {
    await implementation.start();
  } catch (error) {
    await implementation.close().catch(() => {
      // Why there is no data key is what the caller must learn.
    });
    throw coded(error, 'key service or key store');
  }
  return Object.assign(defineCrypterer(implementation), {
    stats: () => implementation.stats(),
    forgetKeys: () => implementation.forgetKeys(),
    checkRevocations: () => implementation.checkRevocations(),
  });
}
