import { SqlcrypterError } from './sqlcrypter-error.js';

/**
 * How values are encrypted under a data key.
 * `xaes-256-gcm` (default) takes 24-byte nonces and has no practical limit of values per key; `aes-256-gcm` is
 * 12 bytes shorter per value and good for at most 2^32 values per key.
 */
export type Suite = 'xaes-256-gcm' | 'aes-256-gcm';

/** What a suite looks like in a frame, and how far one data key goes with it. */
export interface SuiteParameters {
  readonly suite: Suite;
  /** Low nibble of the frame's third byte. */
  readonly number: number;
  readonly nonceLength: number;
  /** Values after which a data key must not encrypt another: nonces are random, and chance adds up. */
  readonly maxValues: number;
}

export const TAG_LENGTH = 16;

const AES_256_GCM: SuiteParameters = { suite: 'aes-256-gcm', number: 1, nonceLength: 12, maxValues: 2 ** 32 };
const XAES_256_GCM: SuiteParameters = { suite: 'xaes-256-gcm', number: 2, nonceLength: 24, maxValues: 2 ** 41 };

export const SUITES: Readonly<Record<Suite, SuiteParameters>> = {
  'aes-256-gcm': AES_256_GCM,
  'xaes-256-gcm': XAES_256_GCM,
};

/** The suite with this number in a frame, or undefined. */
export function suiteByNumber(number: number): SuiteParameters | undefined {
  return number === 2 ? XAES_256_GCM : number === 1 ? AES_256_GCM : undefined;
}

/** The suite option of a provider: the default if left out, `CONFIG` if unknown. */
export function checkSuite(suite: Suite = 'xaes-256-gcm'): Suite {
  if (typeof suite === 'string' && Object.hasOwn(SUITES, suite)) return suite;
  throw new SqlcrypterError('CONFIG', "Unknown suite. Expected 'xaes-256-gcm' (the default) or 'aes-256-gcm'.");
}
