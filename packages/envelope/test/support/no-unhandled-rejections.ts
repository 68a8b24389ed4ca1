import { afterAll, expect } from 'vitest';

const unhandled: unknown[] = [];

process.on('unhandledRejection', (reason) => unhandled.push(reason));

/** Runs in every test file: a rejection that nobody waits for would end a user's process. */
afterAll(async () => {
  // Node tells of them after the microtasks of a turn; late answers of a KMS come some turns later.
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});
