import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { CachedKey } from '../src/data-key-cache.js';
import { createEnvelope, MemoryKms } from './support/memory-kms.js';

/** Whether a data key can be reached from a message. */
function holdsKey(value: unknown, seen = new Set<unknown>()): boolean {
  if (value instanceof CachedKey) return true;
  if (typeof value !== 'object' || value === null || seen.has(value)) return false;
  seen.add(value);
  const entries =
    value instanceof Map ? [...value.values()] : Reflect.ownKeys(value).map((key) => Reflect.get(value, key));
  return entries.some((entry) => holdsKey(entry, seen));
}

it('no data key can be reached from what the cache below publishes on channels of its own', async () => {
  const messages: unknown[] = [];
  const listen = (message: unknown): void => {
    messages.push(message);
  };
  subscribe('lru-cache:metrics', listen);
  const tracing = tracingChannel('lru-cache');
  const names = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
  for (const name of names) tracing[name].subscribe(listen);
  try {
    const kms = new MemoryKms();
    const writer = await createEnvelope(kms);
    const value = await writer.encrypt(Buffer.from('value'));
    const reader = await createEnvelope(kms, { generate: 'never' });
    await reader.decrypt(value);
    await reader.decrypt(value);
  } finally {
    unsubscribe('lru-cache:metrics', listen);
    for (const name of names) tracing[name].unsubscribe(listen);
  }
  expect(channel('lru-cache:metrics').hasSubscribers).toBe(false);
  expect(messages.length).toBeGreaterThan(0);
  expect(messages.some((message) => holdsKey(message))).toBe(false);
});
