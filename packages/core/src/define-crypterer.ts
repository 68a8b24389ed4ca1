/// <reference types="node" preserve="true" />
import { inspect, types } from 'node:util';
import { aborted, unlessAborted } from './abort.js';
import { asBuffer } from './as-buffer.js';
import { type BatchKeys, setBatchSide } from './batch-engine/batch-keys.js';
import { checkCallOptions } from './check-options.js';
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
import { causeOf, SqlcrypterError } from './sqlcrypter-error.js';

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
 * synchronous pair where no waiting is ever needed, the asynchronous pair where it may be, or both.
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
  const { scheme } = implementation;
  // Bound once, so that implementations may be classes and may be sealed from outside.
  const encryptSync = implementation.encryptSync?.bind(implementation);
  const decryptSync = implementation.decryptSync?.bind(implementation);
  const encrypt = implementation.encrypt?.bind(implementation) ?? encryptSync;
  const decrypt = implementation.decrypt?.bind(implementation) ?? decryptSync;
  if (typeof scheme !== 'string' || scheme === '' || encrypt === undefined || decrypt === undefined) {
    throw new SqlcrypterError(
      'CONFIG',
      'defineCrypterer was given an incomplete implementation. Expected a scheme and, for encrypt and for decrypt, ' +
        'an asynchronous or a synchronous function.',
    );
  }

  let closing: Promise<void> | undefined;

  function check(options: CryptOptions | undefined): ProviderOptions {
    if (closing !== undefined) throw disposed(scheme);
    if (options === undefined) return NO_OPTIONS;
    if (options === null || typeof options !== 'object') {
      throw new SqlcrypterError('INVALID_ARGUMENT', `The options are of type ${kindOf(options)}. Expected an object.`);
    }
    checkCallOptions(options, CALL_OPTIONS);
    const { context, signal, scope } = options;
    checkSignal(signal);
    if (scope !== undefined && typeof scope !== 'string') {
      throw new SqlcrypterError('INVALID_ARGUMENT', `The scope is of type ${kindOf(scope)}. Expected a string.`);
    }
    if (scope !== undefined && implementation.scopes !== true) {
      throw new SqlcrypterError('UNSUPPORTED', `A ${scheme} crypterer has no scopes. Leave \`scope\` out.`);
    }
    return { context: encodeContext(context), signal, scope };
  }

  const crypterer: Crypterer & Closeable & Partial<SyncCrypterer & KeyLoader> = {
    scheme,

    async encrypt(plaintext, options) {
      const checked = check(options);
      const bytes = bytesOf(plaintext, 'plaintext');
      try {
        const result = encrypt(bytes, checked);
        return resultBytes(types.isPromise(result) ? await unlessAborted(result, checked.signal) : result);
      } catch (error) {
        throw coded(error, scheme);
      }
    },

    async decrypt(ciphertext, options) {
      const checked = check(options);
      const bytes = bytesOf(ciphertext, 'ciphertext');
      try {
        const result = decrypt(bytes, checked);
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
          await implementation.close?.();
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
      const bytes = bytesOf(plaintext, 'plaintext');
      try {
        return resultBytes(encryptSync(bytes, checked));
      } catch (error) {
        throw coded(error, scheme);
      }
    };
    crypterer.decryptSync = (ciphertext, options) => {
      const checked = check(options);
      const bytes = bytesOf(ciphertext, 'ciphertext');
      try {
        return inOwnMemory(resultBytes(decryptSync(bytes, checked)));
      } catch (error) {
        throw coded(error, scheme);
      }
    };
  }

  const loadKeys = implementation.loadKeys?.bind(implementation);
  if (loadKeys !== undefined) {
    crypterer.loadKeys = async (ciphertexts, options = {}) => {
      check({ signal: options.signal });
      const bytes = Array.from(ciphertexts, (ciphertext) => bytesOf(ciphertext, 'ciphertext'));
      try {
        return await unlessAborted(loadKeys(bytes, options), options.signal, (lease) => lease.dispose());
      } catch (error) {
        throw coded(error, scheme);
      }
    };
  }

  const keyToOpen = implementation.keyToOpen?.bind(implementation);
  const keyToSeal = implementation.keyToSeal?.bind(implementation);
  // A scope that is wrong here is left to `check`, which says so.
  const mayHaveScope = (scope: unknown): boolean =>
    scope === undefined || (implementation.scopes === true && typeof scope === 'string');
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

  if (implementation.configuration !== undefined) setConfiguration(crypterer, implementation.configuration);

  Object.defineProperties(crypterer, {
    [inspect.custom]: { value: () => `Crypterer(${scheme}${closing === undefined ? '' : ', closed'})` },
    toJSON: { value: () => ({ scheme }) },
  });
  return crypterer as DefinedCrypterer<T>;
}

/** `crypterer` is for the functions that choose one. */
const CALL_OPTIONS = ['context', 'signal', 'scope', 'crypterer'];

const NO_OPTIONS: ProviderOptions = { context: encodeContext(undefined), signal: undefined, scope: undefined };

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (types.isPromise(value)) return 'Promise (is an await missing?)';
  return Array.isArray(value) ? 'array' : typeof value;
}

function bytesOf(value: unknown, what: 'plaintext' | 'ciphertext'): Buffer {
  // Also a Uint8Array of another realm, as test runners and vm contexts make them. An object may look like a Buffer and
  // hold something else.
  if (types.isUint8Array(value)) return asBuffer(value);
  const hint = what === 'plaintext' ? " Encode text with Buffer.from(text, 'utf8')." : '';
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    `The ${what} is of type ${kindOf(value)}. Expected a Uint8Array.${hint}`,
  );
}

function resultBytes(result: unknown): Buffer {
  if (Buffer.isBuffer(result)) return result;
  if (types.isUint8Array(result)) return asBuffer(result);
  throw new TypeError('The provider did not return a Uint8Array');
}

/** A plaintext in pooled memory would show its neighbours to whoever looks at its `.buffer`. */
function inOwnMemory(plaintext: Buffer): Buffer {
  if (plaintext.byteLength === plaintext.buffer.byteLength) return plaintext;
  return Buffer.from(plaintext.buffer.slice(plaintext.byteOffset, plaintext.byteOffset + plaintext.byteLength));
}

function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal)) {
    throw new SqlcrypterError('INVALID_ARGUMENT', `The signal is of type ${kindOf(signal)}. Expected an AbortSignal.`);
  }
  if (signal.aborted) throw aborted();
}

function disposed(scheme: string): SqlcrypterError {
  return new SqlcrypterError('DISPOSED', `This ${scheme} crypterer was closed. Create a new one.`);
}

function coded(error: unknown, scheme: string): SqlcrypterError {
  if (SqlcrypterError.is(error)) return error;
  return new SqlcrypterError(
    'PROVIDER_FAILED',
    `The ${scheme} provider threw an error that has no code, which is a defect of that provider. ` +
      "Its message is not repeated here because it may hold secrets; its name is this error's cause.",
    { cause: causeOf(error) },
  );
}
