import { sharedState } from './shared-state.js';

/**
 * What tells one crypterer from another of its scheme: names of keys (ids, fingerprints, ARNs; never key bytes) and
 * options, as primitive values, and whatever can be compared by identity alone, such as a client or a store.
 */
export type Configuration = readonly unknown[];

/** The two crypterers may belong to different copies of this package. */
const configurations = () => sharedState('configurations/1', () => new WeakMap<object, Configuration>());

/** Notes the configuration of a crypterer, which is never shown. */
export function setConfiguration(crypterer: object, configuration: Configuration): void {
  configurations().set(crypterer, configuration);
}

/** Whether two crypterers have the same keys and options. False where one of them does not say. */
export function haveEqualConfiguration(one: { readonly scheme: string }, other: { readonly scheme: string }): boolean {
  const [first, second] = [configurations().get(one), configurations().get(other)];
  if (first === undefined || second === undefined || one.scheme !== other.scheme) return false;
  return first.length === second.length && first.every((part, i) => Object.is(part, second[i]));
}
