import { SqlcrypterError, type Suite } from '@sqlcrypter/core';
import {
  checkPositive,
  checkPositiveInteger,
  checkSuite,
  type KeyService,
  type KeyStore,
  takeOptions,
} from '@sqlcrypter/core/provider';

/** When a data key to write with is made. */
export type Generate = 'start' | 'first-use' | 'never';

/** What is done with frames of the Go library. */
export type GoFrames = 'reject' | 'read' | 'write';

/** Limits of one data key to write with. The next is made ahead of them; at twice a limit the key is not used any more. */
export interface DekLimits {
  /** Values; default 2^40, with the suite aes-256-gcm 2^31, which is also the most there. */
  readonly maxValues?: number;
  /** Plaintext bytes; default 2^40. */
  readonly maxBytes?: number;
  /** Milliseconds; default 86,400,000 (a day). */
  readonly maxAge?: number;
}

/** What is done with values that carry their wrapped data key, beside a key table. */
export type Inline = 'write' | 'read' | 'deny';

/** How keys of a key table are used. */
export interface StoredKeyOptions {
  /** Milliseconds that a branch key wraps new data keys; default 31,536,000,000 (a year). */
  readonly branchLifetime?: number;
  /**
   * Milliseconds from the making of a key until it is written with, for every process and replica to load it;
   * default 900,000 (15 minutes). Where there is no other key it is written with at once.
   */
  readonly grace?: number;
  /** Milliseconds between two looks at what was disabled, destroyed or made; default 60,000. */
  readonly revocationInterval?: number;
}

/** What every envelope crypterer can be told, whatever its KMS. */
export interface EnvelopeOptions {
  /**
   * `start` (default): at construction, so that a wrong key or permission shows at start-up and encryption is
   * synchronous after it. `first-use`: at the first asynchronous encrypt, so that a process starts while the KMS is
   * down. `never`: this process only reads; encrypting is `UNSUPPORTED`.
   */
  readonly generate?: Generate;
  /** Further key services that hold the same key, asked in order on `KMS_UNAVAILABLE` and `KMS_TIMEOUT`. */
  readonly fallback?: readonly KeyService[];
  /** Milliseconds for one KMS call with all its retries and fallbacks; default 2,000. */
  readonly requestTimeout?: number;
  /**
   * At most so many unwraps a second, and `burst` at once, else `KMS_RATE_LIMITED` before the KMS is called.
   * No limit by default.
   */
  readonly decryptRateLimit?: { readonly rps: number; readonly burst: number };
  /**
   * Unwrapped data keys in memory. `maxSize` counts wrapped length + 32 per key, default 1,000,000. `ttl`: milliseconds
   * after which the KMS is asked again in the background, default 3,600,000.
   */
  readonly dekCache?: { readonly maxSize?: number; readonly ttl?: number };
  /**
   * With a key table `maxAge` is how long a data key is written with, by every process, and 30 days by default; the
   * other two only make the next key come earlier, because what other processes encrypted is not known.
   */
  readonly dekLimits?: DekLimits;
  /**
   * Keeps wrapped data keys in a key table, once for the whole fleet: values name their key in 60 bytes. Without it each
   * value carries its wrapped key. The key service must be able to wrap; the suite is `xaes-256-gcm`.
   */
  readonly store?: KeyStore;
  /**
   * With a key table, values that carry their wrapped key: `write` them still, while not every process of a roll-out has
   * the table; `read` them (default), or `deny` them once all are migrated.
   */
  readonly inline?: Inline;
  /**
   * With a key table: further key services, of any provider, that wrap every new branch key too. Any one opens it. They
   * are asked when the others fail.
   */
  readonly otherKeyServices?: readonly KeyService[];
  /** With a key table. */
  readonly storedKeys?: StoredKeyOptions;
  /** Default `xaes-256-gcm`. */
  readonly suite?: Suite;
  /** Frames of the Go library, which are bound to no context: `reject` (default), `read`, or also `write` them. */
  readonly goFrames?: GoFrames;
}

/** The names of {@link EnvelopeOptions}, for providers that take them among their own. */
export const ENVELOPE_OPTION_NAMES: readonly string[] = [
  'generate',
  'fallback',
  'requestTimeout',
  'decryptRateLimit',
  'dekCache',
  'dekLimits',
  'store',
  'inline',
  'otherKeyServices',
  'storedKeys',
  'suite',
  'goFrames',
];

/** Options with every default filled in and every value checked. */
export interface CheckedOptions {
  readonly generate: Generate;
  readonly requestTimeout: number;
  readonly decryptRateLimit: { readonly rps: number; readonly burst: number } | undefined;
  readonly dekCache: { readonly maxSize: number; readonly ttl: number };
  readonly dekLimits: Required<DekLimits>;
  readonly inline: Inline;
  readonly storedKeys: Required<StoredKeyOptions> & { readonly branchTtl: number };
  readonly suite: Suite;
  readonly goFrames: GoFrames;
}

const DAY = 86_400_000;

function checkOneOf<T extends string>(value: T, option: string, allowed: readonly T[]): void {
  if (allowed.includes(value)) return;
  const expected = allowed.map((each) => `'${each}'`).join(', ');
  throw new SqlcrypterError('CONFIG', `Unknown ${option}. Expected one of ${expected}.`);
}

/** A group of options, each read once; empty where it is left out. */
function take<K extends 'dekCache' | 'dekLimits' | 'storedKeys' | 'decryptRateLimit'>(
  options: EnvelopeOptions,
  group: K,
  names: readonly string[],
): Partial<NonNullable<EnvelopeOptions[K]>> {
  const given = options[group];
  return given === undefined ? {} : takeOptions<Partial<NonNullable<EnvelopeOptions[K]>>>(given, group, names);
}

/** @param options each read once already. Errors: `CONFIG` with the option's name, what it is and what it may be. */
export function checkEnvelopeOptions(options: EnvelopeOptions): CheckedOptions {
  const { generate = 'start', requestTimeout = 2_000, goFrames = 'reject' } = options;
  const dekCache = take(options, 'dekCache', ['maxSize', 'ttl']);
  const dekLimits = take(options, 'dekLimits', ['maxValues', 'maxBytes', 'maxAge']);
  const storedKeys = take(options, 'storedKeys', ['branchLifetime', 'grace', 'revocationInterval']);
  const { rps, burst } = take(options, 'decryptRateLimit', ['rps', 'burst']);
  checkOneOf(generate, 'generate', ['start', 'first-use', 'never']);
  checkOneOf(goFrames, 'goFrames', ['reject', 'read', 'write']);
  const suite = checkSuite(options.suite);
  // Frames of the Go library are plain AES-GCM under random 96-bit nonces, whatever the suite.
  const shortNonce = suite === 'aes-256-gcm' || goFrames === 'write';
  const mostValues = shortNonce ? 2 ** 31 : 2 ** 40;
  const { store, inline = 'read' } = options;
  checkStore(options, shortNonce);
  const writesStored = store !== undefined && inline !== 'write';
  const { maxValues = mostValues, maxBytes = 2 ** 40, maxAge = writesStored ? 30 * DAY : DAY } = dekLimits;
  if (checkPositiveInteger(maxValues, 'dekLimits.maxValues', 'values') > mostValues) {
    throw new SqlcrypterError(
      'CONFIG',
      `dekLimits.maxValues is ${maxValues}. Expected at most ${mostValues}: beyond it random nonces may repeat.`,
    );
  }
  const { maxSize = 1_000_000, ttl = 3_600_000 } = dekCache;
  return {
    generate,
    requestTimeout: checkTimer(requestTimeout, 'requestTimeout'),
    decryptRateLimit:
      options.decryptRateLimit === undefined
        ? undefined
        : {
            rps: checkPositive(rps, 'decryptRateLimit.rps', 'unwraps per second'),
            burst: checkPositiveInteger(burst, 'decryptRateLimit.burst', 'unwraps'),
          },
    dekCache: {
      maxSize: checkPositiveInteger(maxSize, 'dekCache.maxSize', 'bytes'),
      ttl: checkPositive(ttl, 'dekCache.ttl', 'milliseconds'),
    },
    dekLimits: {
      maxValues,
      maxBytes: checkPositiveInteger(maxBytes, 'dekLimits.maxBytes', 'bytes'),
      maxAge: checkPositive(maxAge, 'dekLimits.maxAge', 'milliseconds'),
    },
    inline,
    storedKeys: {
      branchLifetime: checkPositive(
        storedKeys.branchLifetime ?? 365 * DAY,
        'storedKeys.branchLifetime',
        'milliseconds',
      ),
      grace: checkPositive(storedKeys.grace ?? 900_000, 'storedKeys.grace', 'milliseconds'),
      revocationInterval: checkTimer(storedKeys.revocationInterval ?? 60_000, 'storedKeys.revocationInterval'),
      // A branch key is asked for again by every process: hourly, that would be most of the bill.
      branchTtl: dekCache.ttl ?? DAY,
    },
    suite,
    goFrames,
  };
}

const STORE_OPTIONS = ['inline', 'otherKeyServices', 'storedKeys'] as const;
const STORE_METHODS = ['find', 'findLine', 'findPending', 'findStatus', 'insertPending', 'activate'] as const;

function checkStore(options: EnvelopeOptions, shortNonce: boolean): void {
  const { store, inline = 'read' } = options;
  checkOneOf(inline, 'inline', ['write', 'read', 'deny']);
  if (store === undefined) {
    const stray = STORE_OPTIONS.find((name) => options[name] !== undefined);
    if (stray === undefined) return;
    throw new SqlcrypterError('CONFIG', `${stray} means something with a key table only. Expected store beside it.`);
  }
  if (!STORE_METHODS.every((name) => typeof (store as KeyStore | null)?.[name] === 'function')) {
    throw new SqlcrypterError('CONFIG', 'store is not a key store. Expected what createKeyTable() gave.');
  }
  if (!shortNonce) return;
  throw new SqlcrypterError(
    'CONFIG',
    "With a key table the suite is 'xaes-256-gcm', and Go frames are not written: a whole fleet encrypts under one " +
      'data key, and the random nonces of the others are too short for that.',
  );
}

/** Node's timers turn anything above 2^31 - 1 milliseconds into one. */
function checkTimer(value: number, option: string): number {
  const milliseconds = checkPositive(value, option, 'milliseconds');
  if (milliseconds <= 2 ** 31 - 1) return milliseconds;
  throw new SqlcrypterError('CONFIG', `${option} is ${milliseconds}. Expected at most 2147483647 milliseconds.`);
}
