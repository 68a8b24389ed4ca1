import { isCloseable, isCrypterer } from './capabilities.js';
import type { Crypterer } from './crypterer.js';
import { sharedState } from './shared-state.js';
import { SqlcrypterError } from './sqlcrypter-error.js';

interface State {
  default: Crypterer | undefined;
  readonly named: Map<string, Crypterer>;
}

const state = (): State => sharedState('registry/1', () => ({ default: undefined, named: new Map() }));

/** Options of {@link init} and {@link register}. */
export interface RegisterOptions {
  /** Take the place of another crypterer, which is not closed by this: it may still be in use. */
  readonly replace?: boolean;
}

function checkCandidate(candidate: unknown, current: Crypterer | undefined, place: string, replace: boolean): void {
  if (!isCrypterer(candidate)) {
    const got = candidate === null ? 'null' : candidate instanceof Promise ? 'a Promise' : typeof candidate;
    throw new SqlcrypterError(
      'CONFIG',
      `${place} was given ${got}. Expected a crypterer, e.g. createAesCrypterer({ key }); await the factory if it is async.`,
    );
  }
  if (current === undefined || current === candidate || replace) return;
  if (isCloseable(current) && current.closed) return;
  throw new SqlcrypterError(
    'ALREADY_INITIALIZED',
    `${place}: another crypterer (${current.scheme}) is registered there. Pass { replace: true } to replace it on purpose.`,
  );
}

/**
 * Sets the default crypterer of this process. The same instance again does nothing.
 *
 * Errors: `CONFIG` (not a crypterer), `ALREADY_INITIALIZED` (another one that is not closed, without `replace`).
 */
export function init(crypterer: Crypterer, options: RegisterOptions = {}): void {
  const registry = state();
  checkCandidate(crypterer, registry.default, 'init', options.replace === true);
  registry.default = crypterer;
}

/** Registers a crypterer under a name of its own, beside the default. Errors as {@link init}. */
export function register(name: string, crypterer: Crypterer, options: RegisterOptions = {}): void {
  if (typeof name !== 'string' || name === '') {
    throw new SqlcrypterError('CONFIG', 'register was given no name. Expected a string that is not empty.');
  }
  const { named } = state();
  checkCandidate(crypterer, named.get(name), `register(${JSON.stringify(name)})`, options.replace === true);
  named.set(name, crypterer);
}

/**
 * The crypterer of that name, or the default.
 *
 * Errors: `NOT_INITIALIZED`.
 */
export function getCrypterer(name?: string): Crypterer {
  const found = name === undefined ? state().default : state().named.get(name);
  if (found !== undefined) return found;
  throw new SqlcrypterError(
    'NOT_INITIALIZED',
    name === undefined
      ? 'There is no default crypterer yet. Call init(crypterer) once at start-up, or pass { crypterer }.'
      : `No crypterer is registered as ${JSON.stringify(name)}. Call register(name, crypterer) at start-up.`,
  );
}

/**
 * Closes every registered crypterer and empties the registry: at the end of a process, between tests, on hot reload.
 * All are closed even if one fails; then the first failure is thrown.
 */
export async function shutdown(): Promise<void> {
  const registry = state();
  const all = new Set([registry.default, ...registry.named.values()].filter(isCloseable));
  registry.default = undefined;
  registry.named.clear();
  const results = await Promise.allSettled(Array.from(all, (each) => each.close()));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
