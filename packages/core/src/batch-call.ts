import { aborted } from './abort.js';
import { checkEngineChoice, type EngineChoice } from './batch-engine/choose-engine.js';
import { Pace } from './batch-engine/pace.js';
import { checkSignal } from './call-signal.js';
import { checkCallOptions } from './check-options.js';
import type { Crypterer, OnError } from './crypterer.js';
import { kindOf } from './given-bytes.js';
import { checkOnError } from './load-keys-call.js';
import { type CryptererChoice, chooseCrypterer } from './module-functions.js';
import { SqlcrypterError, unreadable } from './sqlcrypter-error.js';
import type { TakenValues } from './taken-values.js';

/** Options of the batch functions. */
export interface BatchOptions extends CryptererChoice {
  /** Ends the whole batch with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Whose data key to encrypt under; see `CryptOptions.scope`. Values say themselves what they decrypt under. */
  readonly scope?: string | undefined;
  /**
   * `auto` (default): values under one key are worked on together where that is faster. `node`: each with node:crypto's
   * authenticated cipher. Results and errors are the same.
   */
  readonly engine?: EngineChoice | undefined;
}

const ENCRYPT_OPTIONS = ['crypterer', 'signal', 'scope', 'engine'];
const DECRYPT_OPTIONS = [...ENCRYPT_OPTIONS, 'onError'];

type AllOptions = BatchOptions & { readonly onError?: OnError | undefined };

/** The options, each read once: a getter may answer differently the next time. */
function readOptions(options: AllOptions | undefined, names: readonly string[]): AllOptions {
  if (options === undefined) return {};
  checkCallOptions(options, names);
  try {
    const { crypterer, signal, scope, engine, onError } = options;
    return { crypterer, signal, scope, engine, onError };
  } catch (error) {
    throw unreadable(error, 'The options');
  }
}

/** What was asked of a batch, and how it waits. */
export class BatchCall {
  readonly crypterer: Crypterer;
  readonly signal: AbortSignal | undefined;
  readonly scope: string | undefined;
  readonly engine: EngineChoice | undefined;
  readonly collects: boolean;
  readonly pace: Pace;

  /** Errors: `INVALID_ARGUMENT`, `CONFIG`, `NOT_INITIALIZED`, `ABORTED`. */
  constructor(options: AllOptions | undefined, direction: 'encrypt' | 'decrypt', pace: Pace = new Pace()) {
    const names = direction === 'encrypt' ? ENCRYPT_OPTIONS : DECRYPT_OPTIONS;
    const taken = readOptions(options, names);
    const { signal, scope, engine, onError } = taken;
    this.crypterer = chooseCrypterer(taken);
    checkSignal(signal);
    checkEngineChoice(engine);
    checkOnError(onError);
    if (scope !== undefined && typeof scope !== 'string') {
      throw new SqlcrypterError('INVALID_ARGUMENT', `The scope is of type ${kindOf(scope)}. Expected a string.`);
    }
    this.signal = signal;
    this.scope = scope;
    this.engine = engine;
    this.collects = onError === 'collect';
    this.pace = pace;
  }

  /** Lets the event loop have its turn; the values without a result are ours from then on. Errors: `ABORTED`. */
  async rest(taken: TakenValues, results: readonly unknown[]): Promise<void> {
    taken.keep(results);
    await this.pace.rest();
    if (this.signal?.aborted === true) throw aborted();
  }
}
