import { SqlcrypterError, type Suite } from '@sqlcrypter/core';
import { checkOptionNames, checkPositive, checkPositiveInteger, checkSuite } from '@sqlcrypter/core/provider';
import type { KeyService } from './key-service.js';

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
  readonly dekLimits?: DekLimits;
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
  readonly suite: Suite;
  readonly goFrames: GoFrames;
}

function checkOneOf<T extends string>(value: T, option: string, allowed: readonly T[]): void {
  if (allowed.includes(value)) return;
  const expected = allowed.map((each) => `'${each}'`).join(', ');
  throw new SqlcrypterError('CONFIG', `Unknown ${option}. Expected one of ${expected}.`);
}

/** Errors: `CONFIG` with the option's name, what it is and what it may be. */
export function checkEnvelopeOptions(options: EnvelopeOptions): CheckedOptions {
  const { generate = 'start', requestTimeout = 2_000, decryptRateLimit, dekCache = {}, dekLimits = {} } = options;
  const { goFrames = 'reject' } = options;
  checkOptionNames(dekCache, 'dekCache', ['maxSize', 'ttl']);
  checkOptionNames(dekLimits, 'dekLimits', ['maxValues', 'maxBytes', 'maxAge']);
  if (decryptRateLimit !== undefined) checkOptionNames(decryptRateLimit, 'decryptRateLimit', ['rps', 'burst']);
  checkOneOf(generate, 'generate', ['start', 'first-use', 'never']);
  checkOneOf(goFrames, 'goFrames', ['reject', 'read', 'write']);
  const suite = checkSuite(options.suite);
  // Frames of the Go library are plain AES-GCM under random 96-bit nonces, whatever the suite.
  const shortNonce = suite === 'aes-256-gcm' || goFrames === 'write';
  const mostValues = shortNonce ? 2 ** 31 : 2 ** 40;
  const { maxValues = mostValues, maxBytes = 2 ** 40, maxAge = 86_400_000 } = dekLimits;
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
    decryptRateLimit: decryptRateLimit && {
      rps: checkPositive(decryptRateLimit.rps, 'decryptRateLimit.rps', 'unwraps per second'),
      burst: checkPositiveInteger(decryptRateLimit.burst, 'decryptRateLimit.burst', 'unwraps'),
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
    suite,
    goFrames,
  };
}

/** Node's timers turn anything above 2^31 - 1 milliseconds into one. */
function checkTimer(value: number, option: string): number {
  const milliseconds = checkPositive(value, option, 'milliseconds');
  if (milliseconds <= 2 ** 31 - 1) return milliseconds;
  throw new SqlcrypterError('CONFIG', `${option} is ${milliseconds}. Expected at most 2147483647 milliseconds.`);
}
