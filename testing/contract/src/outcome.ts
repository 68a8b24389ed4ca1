import { types } from 'node:util';
import { SqlcrypterError } from '@sqlcrypter/core';
import { expect } from 'vitest';

function describeValue(value: unknown): string {
  if (types.isUint8Array(value)) return `${value.length} bytes`;
  return value === null ? 'null' : typeof value;
}

/** The error that a call ends with, thrown or rejected. Fails if there is none. */
export async function errorOf(call: () => unknown): Promise<unknown> {
  let value: unknown;
  try {
    value = await call();
  } catch (error) {
    return error;
  }
  throw new Error(`expected an error, got ${describeValue(value)}`);
}

/** What a call came to, in words: the code of its error, or what it did instead of failing with a code. */
export async function outcomeOf(call: () => unknown): Promise<string> {
  try {
    return `no error but ${describeValue(await call())}`;
  } catch (error) {
    if (SqlcrypterError.is(error)) return error.code;
    return `an error without a code: ${error instanceof Error ? error.name : describeValue(error)}`;
  }
}

/** One of many calls that must fail alike. */
export interface Refusal {
  /** What is wrong with it. */
  readonly what: string;
  readonly codes: readonly string[];
  call(): unknown;
}

const AT_ONCE = 64;
const SHOWN = 10;

/** Every call fails with one of its codes; those that do not are listed together. */
export async function expectRefusals(refusals: Iterable<Refusal>): Promise<void> {
  const wrong: string[] = [];
  const queue = Array.from(refusals);
  expect(queue.length).toBeGreaterThan(0);
  while (queue.length > 0) {
    await Promise.all(
      queue.splice(0, AT_ONCE).map(async ({ what, codes, call }) => {
        const outcome = await outcomeOf(call);
        if (!codes.includes(outcome)) wrong.push(`${what}: expected ${codes.join(' or ')}, got ${outcome}`);
      }),
    );
  }
  if (wrong.length === 0) return;
  const more = wrong.length > SHOWN ? [`… and ${wrong.length - SHOWN} more`] : [];
  expect.fail([...wrong.slice(0, SHOWN), ...more].join('\n'));
}

/** The bytes are the same, told without printing either. */
export function expectBytes(actual: unknown, expected: Uint8Array, what = 'the bytes'): void {
  expect(Buffer.isBuffer(actual), `${what}: expected a Buffer, got ${describeValue(actual)}`).toBe(true);
  expect((actual as Buffer).equals(expected), `${what} differ from what was expected`).toBe(true);
}
