import { types } from 'node:util';
import type { Binding } from './binding.js';

const BINDING = Symbol('binding');

/** Bindings of single handles. A handle is a typed array, which takes no private fields. */
const byHandle = new WeakMap<object, Binding>();

/** A prototype whose handles all have this binding: nothing is to be remembered for each of them. */
export function prototypeWithBinding<H extends object>(prototype: H, binding: Binding): H {
  return Object.create(prototype, { [BINDING]: { value: binding } }) as H;
}

/**
 * A copy of the bytes in memory of its own, with the methods of the prototype. Drivers may use their memory again, and
 * pooled memory would show its neighbours through `.buffer`.
 */
export function makeHandle<H extends object>(bytes: Uint8Array, prototype: H, binding?: Binding): H {
  const handle = Object.setPrototypeOf(new Uint8Array(bytes), prototype) as H;
  if (binding !== undefined) byHandle.set(handle, binding);
  return handle;
}

/** What a handle is bound to, as far as it was told; undefined for whatever is no handle. */
export function bindingOf(handle: unknown): Binding | undefined {
  if (!types.isUint8Array(handle)) return undefined;
  try {
    return byHandle.get(handle) ?? (handle as { [BINDING]?: Binding })[BINDING];
  } catch {
    // One of its prototypes is a proxy that throws.
    return undefined;
  }
}
