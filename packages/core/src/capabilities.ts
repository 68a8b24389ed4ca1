import type { Closeable, Crypterer, KeyLoader, SyncCrypterer } from './crypterer.js';

function hasMethods(value: unknown, ...names: string[]): boolean {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  try {
    for (const name of names) if (typeof (value as Record<string, unknown>)[name] !== 'function') return false;
    return typeof (value as Crypterer).scheme === 'string';
  } catch {
    // Whatever throws when it is looked at fulfils nothing.
    return false;
  }
}

/** Whether a value fulfils the {@link Crypterer} contract by its shape; instances of another copy of core do too. */
export function isCrypterer(value: unknown): value is Crypterer {
  return hasMethods(value, 'encrypt', 'decrypt');
}

/** Whether a crypterer can encrypt and decrypt without a Promise. */
export function isSyncCrypterer(value: unknown): value is Crypterer & SyncCrypterer {
  return isCrypterer(value) && hasMethods(value, 'encryptSync', 'decryptSync');
}

/** Whether a crypterer has keys that are loaded ahead of synchronous use. */
export function isKeyLoader(value: unknown): value is Crypterer & KeyLoader {
  return isCrypterer(value) && hasMethods(value, 'loadKeys');
}

/** Whether a crypterer can be closed. */
export function isCloseable(value: unknown): value is Crypterer & Closeable {
  return isCrypterer(value) && hasMethods(value, 'close');
}
