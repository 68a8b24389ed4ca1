import { types } from 'node:util';
import { isCloseable, isCrypterer } from './capabilities.js';
import { takeOptions } from './check-options.js';
import { coded } from './coded-error.js';
import { haveEqualConfiguration } from './configuration.js';
import type { Crypterer } from './crypterer.js';
import { kindOf } from './given-bytes.js';
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

/** The crypterer that a place holds from now on. Errors: `CONFIG`, `ALREADY_INITIALIZED`. */
function chosenOf(candidate: Crypterer, current: Crypterer | undefined, place: string, replace: boolean): Crypterer {
  if (!isCrypterer(candidate)) {
    throw new SqlcrypterError(
      'CONFIG',
      `${place} was given ${types.isPromise(candidate) ? 'a Promise' : kindOf(candidate)}. Expected a crypterer, e.g. createAesCrypterer({ key }); await the factory if it is async.`,
    );
  }
  if (current === undefined || replace || isClosed(current)) return candidate;
  if (current === candidate || haveEqualConfiguration(current, candidate)) return current;
  throw new SqlcrypterError(
    'ALREADY_INITIALIZED',
    `${place}: a crypterer (${current.scheme}) with other keys or options is registered there, or one that cannot be ` +
      'compared. Call init once with the final options. If the module is evaluated again on purpose (hot reload, tests), ' +
      'pass { replace: true }, or call shutdown() first.',
  );
}

function isClosed(crypterer: Crypterer): boolean {
  try {
    return isCloseable(crypterer) && crypterer.closed;
  } catch {
    return false;
  }
}

function mayReplace(options: RegisterOptions, of: string): boolean {
  return takeOptions(options, of, ['replace']).replace === true;
}

/**
 * Sets the default crypterer of this process. The same instance again does nothing, and neither does another one with
 * equal keys and options: the first stays, so that a module may be evaluated twice, as in Next.js. The second is not
 * closed: it works for whoever holds it.
 *
 * Errors: `CONFIG` (not a crypterer), `ALREADY_INITIALIZED` (one with other keys or options that is not closed, or one
 * that cannot be compared, without `replace`).
 */
export function init(crypterer: Crypterer, options: RegisterOptions = {}): void {
  const registry = state();
  registry.default = chosenOf(crypterer, registry.default, 'init', mayReplace(options, 'init'));
}

/** Registers a crypterer under a name of its own, beside the default. Errors as {@link init}. */
export function register(name: string, crypterer: Crypterer, options: RegisterOptions = {}): void {
  if (typeof name !== 'string' || name === '') {
    throw new SqlcrypterError('CONFIG', 'register was given no name. Expected a string that is not empty.');
  }
  const { named } = state();
  const place = `register(${JSON.stringify(name)})`;
  named.set(name, chosenOf(crypterer, named.get(name), place, mayReplace(options, 'register')));
}

/**
 * The crypterer of that name, or the default.
 *
 * Errors: `NOT_INITIALIZED`.
 */
export function getCrypterer(name?: string): Crypterer {
  if (name !== undefined && typeof name !== 'string') {
    throw new SqlcrypterError(
      'INVALID_ARGUMENT',
      `The name of a crypterer is of type ${kindOf(name)}. Expected a string.`,
    );
  }
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
  const results = await Promise.allSettled(Array.from(all, async (each) => each.close()));
  for (const result of results) if (result.status === 'rejected') throw coded(result.reason);
}
