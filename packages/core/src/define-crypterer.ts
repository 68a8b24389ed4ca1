/// <reference types="node" preserve="true" />
import { inspect, types } from 'node:util';
import { unlessAborted } from './abort.js';
import { type BatchKeys, setBatchSide } from './batch-engine/batch-keys.js';
import { copyAlone } from './byte-copies.js';
import { checkSignal } from './call-signal.js';
import { checkCallOptions } from './check-options.js';
import { coded, resultBytes } from './coded-error.js';
import { type Configuration, setConfiguration } from './configuration.js';
import type {
  Closeable,
  Crypterer,
  CryptOptions,
  KeyLease,
  KeyLoader,
  LoadKeysOptions,
  SyncCrypterer,
} from './crypterer.js';
import { encodeContext } from './encryption-context.js';
import { givenBytes, kindOf } from './given-bytes.js';
import { copyCiphertexts, takeLoadKeysOptions } from './load-keys-call.js';
import { SqlcrypterError, unreadable } from './sqlcrypter-error.js';

/** What a provider is handed with each value: options that have been checked. */
export interface ProviderOptions {
  /** The context's canonical bytes, to be authenticated with the value. Not to be changed. */
  readonly context: Buffer;
  /** Already checked at the call; the caller's wait ends by itself when it fires. */
  readonly signal: AbortSignal | undefined;
  /** Only given to a provider with `scopes: true`. */
  readonly scope: string | undefined;
}

/**
 * What a provider implements. Arguments are Buffers that have been checked; results may be any Uint8Array. Give the
 * synchronous pair where no waiting is ever needed, the asynchronous pair where it may be, or both. An asynchronous
 * function and `loadKeys` get copies, which stay as they are while they wait; a synchronous one gets the caller's memory.
 */
export interface CryptererImplementation extends BatchKeys {
  readonly scheme: string;
  /** Whether `scope` means something to this provider; without it a call with a scope is `UNSUPPORTED`. */
  readonly scopes?: boolean;
  /**
   * What `init` and `register` compare, so that a module that is evaluated twice, as in Next.js, may register its
   * crypterer twice: two of one scheme are interchangeable if every part is the same value or the same object. Left out:
   * no other crypterer is. Keys go in by their names, never by their bytes.
   */
  readonly configuration?: Configuration;
  encrypt?(plaintext: Buffer, options: ProviderOptions): Promise<Uint8Array>;
  decrypt?(ciphertext: Buffer, options: ProviderOptions): Promise<Uint8Array>;
  encryptSync?(plaintext: Buffer, options: ProviderOptions): Uint8Array;
  decryptSync?(ciphertext: Buffer, options: ProviderOptions): Uint8Array;
  /** Loads as {@link KeyLoader.loadKeys} describes. */
  loadKeys?(ciphertexts: Buffer[], options: LoadKeysOptions): Promise<KeyLease>;
  /** Called once. */
  close?(): Promise<void>;
}

/** What {@link defineCrypterer} returns: the contract, closing, and the capabilities that the implementation has. */
export type DefinedCrypterer<T extends CryptererImplementation> = Crypterer &
  Closeable &
  (T extends { encryptSync: unknown; decryptSync: unknown } ? SyncCrypterer : unknown) &
  (T extends { loadKeys: unknown } ? KeyLoader : unknown);

/**
 * Turns a provider's implementation into a crypterer: arguments are checked (`INVALID_ARGUMENT`, `CONTEXT_INVALID`, `UNSUPPORTED`),
 * an aborted signal ends the wait (`ABORTED`), errors without a code become `PROVIDER_FAILED` without their message,
 * results become Buffers with memory of their own where they are plaintext, and use after `close` is `DISPOSED`.
 *
 * `CONFIG` if the implementation lacks a direction.
 */
export function defineCrypterer<const T extends CryptererImplementation>(implementation: T): DefinedCrypterer<T> {
  const { scheme, scopes, encryptSync, decryptSync, loadKeys, keyToOpen, keyToSeal, ...later } = bound(implementation);
  const encrypt = later.encrypt ?? encryptSync;
  const decrypt = later.decrypt ?? decryptSync;
  if (typeof scheme !== 'string' || scheme === '' || encrypt === undefined || decrypt === undefined) {
    throw new SqlcrypterError(
      'CONFIG',
      'defineCrypterer was given an incomplete implementation. Expected a scheme and, for encrypt and for decrypt, ' +
        'an asynchronous or a synchronous function.',
    );
  }

  // What waits must not read the caller's memory then.
  const mayWait = { encrypt: encrypt !== encryptSync, decrypt: decrypt !== decryptSync };
  let closing: Promise<void> | undefined;

  function check(options: CryptOptions | undefined): ProviderOptions {
    if (closing !== undefined) throw disposed(scheme);
    if (options === undefined) return NO_OPTIONS;
    const { context, signal, scope } = readOptions(options);
    checkSignal(signal);
    if (scope !== undefined && typeof scope !== 'string') {
      throw new SqlcrypterError('INVALID_ARGUMENT', `The scope is of type ${kindOf(scope)}. Expected a string.`);
    }
    if (scope !== undefined && scopes !== true) {
      throw new SqlcrypterError('UNSUPPORTED', `A ${scheme} crypterer has no scopes. Leave \`scope\` out.`);
    }
    return { context: encodeContext(context), signal, scope };
  }

  const crypterer: Crypterer & Closeable & Partial<SyncCrypterer & KeyLoader> = {
    scheme,

    async encrypt(plaintext, options) {
      const checked = check(options);
      const given = givenBytes(plaintext, 'plaintext');
      try {
        const result = encrypt(mayWait.encrypt ? copyAlone(given) : given, checked);
        return resultBytes(types.isPromise(result) ? await unlessAborted(result, checked.signal) : result);
      } catch (error) {
        throw coded(error, scheme);
      }
    },

    async decrypt(ciphertext, options) {
      const checked = check(options);
      const given = givenBytes(ciphertext, 'ciphertext');
      try {
        const result = decrypt(mayWait.decrypt ? copyAlone(given) : given, checked);
        return inOwnMemory(resultBytes(types.isPromise(result) ? await unlessAborted(result, checked.signal) : result));
      } catch (error) {
        throw coded(error, scheme);
      }
    },

    get closed() {
      return closing !== undefined;
    },

    close() {
      closing ??= (async () => {
        try {
          await later.close?.();
        } catch (error) {
          throw coded(error, scheme);
        }
      })();
      return closing;
    },

    [Symbol.asyncDispose]() {
      return this.close();
    },
  };

  if (encryptSync !== undefined && decryptSync !== undefined) {
    crypterer.encryptSync = (plaintext, options) => {
      const checked = check(options);
      const bytes = givenBytes(plaintext, 'plaintext');
      try {
        return resultBytes(encryptSync(bytes, checked));
      } catch (error) {
        throw coded(error, scheme);
      }
    };
    crypterer.decryptSync = (ciphertext, options) => {
      const checked = check(options);
      const bytes = givenBytes(ciphertext, 'ciphertext');
      try {
        return inOwnMemory(resultBytes(decryptSync(bytes, checked)));
      } catch (error) {
        throw coded(error, scheme);
      }
    };
  }

  if (loadKeys !== undefined) {
    crypterer.loadKeys = async (ciphertexts, options) => {
      if (closing !== undefined) throw disposed(scheme);
      const checked = takeLoadKeysOptions(options);
      const copies = copyCiphertexts(ciphertexts);
      try {
        return await unlessAborted(loadKeys(copies, checked), checked.signal, (lease) => lease.dispose());
      } catch (error) {
        throw coded(error, scheme);
      }
    };
  }

  // A scope that is wrong here is left to `check`, which says so.
  const mayHaveScope = (scope: unknown): boolean =>
    scope === undefined || (scopes === true && typeof scope === 'string');
  setBatchSide(crypterer, {
    get closed() {
      return closing !== undefined;
    },
    ...(keyToOpen && {
      keyToOpen: (ciphertext, scope) => (mayHaveScope(scope) ? keyToOpen(ciphertext, scope) : undefined),
    }),
    ...(keyToSeal && {
      keyToSeal: (values, bytes, scope) => (mayHaveScope(scope) ? keyToSeal(values, bytes, scope) : undefined),
    }),
  });

  if (later.configuration !== undefined) setConfiguration(crypterer, later.configuration);

  Object.defineProperties(crypterer, {
    [inspect.custom]: { value: () => `Crypterer(${scheme}${closing === undefined ? '' : ', closed'})` },
    toJSON: { value: () => ({ scheme }) },
  });
  return crypterer as DefinedCrypterer<T>;
}

/** `crypterer` is for the functions that choose one. */
const CALL_OPTIONS = ['context', 'signal', 'scope', 'crypterer'];

const FUNCTIONS = [
  'encrypt',
  'decrypt',
  'encryptSync',
  'decryptSync',
  'loadKeys',
  'close',
  'keyToOpen',
  'keyToSeal',
] as const;

const NO_OPTIONS: ProviderOptions = { context: encodeContext(undefined), signal: undefined, scope: undefined };

function readOptions(options: CryptOptions): CryptOptions {
  checkCallOptions(options, CALL_OPTIONS);
  try {
    const { context, signal, scope } = options;
    return { context, signal, scope };
  } catch (error) {
    throw unreadable(error, 'The options');
  }
}

/** The parts of an implementation. Bound once, so that it may be a class and may be sealed from outside. */
function bound(implementation: CryptererImplementation): CryptererImplementation {
  if (implementation === null || typeof implementation !== 'object') {
    throw new SqlcrypterError('CONFIG', `defineCrypterer was given ${kindOf(implementation)}. Expected an object.`);
  }
  try {
    const { scheme, scopes, configuration } = implementation;
    const functions = FUNCTIONS.map((name) => [name, implementation[name]?.bind(implementation)]);
    return {
      scheme,
      scopes,
      configuration,
      ...Object.fromEntries(functions.filter(([, value]) => value !== undefined)),
    };
  } catch (error) {
    throw unreadable(error, 'The implementation', 'CONFIG');
  }
}

/** A plaintext in pooled memory would show its neighbours to whoever looks at its `.buffer`. */
function inOwnMemory(plaintext: Buffer): Buffer {
  if (plaintext.byteLength === plaintext.buffer.byteLength) return plaintext;
  return Buffer.from(plaintext.buffer.slice(plaintext.byteOffset, plaintext.byteOffset + plaintext.byteLength));
}

function disposed(scheme: string): SqlcrypterError {
  return new SqlcrypterError('DISPOSED', `This ${scheme} crypterer was closed. Create a new one.`);
}
