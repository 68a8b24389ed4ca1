import { expect, it } from 'vitest';
import { parseKey } from '../src/index.js';
import { errorOf } from './error-of.js';

// Says what should be, and does not hold yet. `it.fails` turns red when it is mended: then it becomes an ordinary test.
it.fails.each(['constructor', 'toString', '__proto__'])('parseKey knows no encoding called %s', async (name) => {
  expect((await errorOf(() => parseKey(`${name}:${'A'.repeat(43)}=`))).code).toBe('CONFIG');
});
