import { describe, expect, it } from 'vitest';
import { checkScope } from '../src/scope.js';
import { codeOf } from './code-of.js';

describe('a scope', () => {
  it.each(['a', 'tenant-42', 'Person:é 🔑', ' ', 'x'.repeat(255)])('may be %j', (scope) => {
    expect(checkScope(scope)).toBe(scope);
  });

  it.each(['', 'a\0b', '\ud800', 'x'.repeat(256), '🔑'.repeat(64), 42, null])('may not be %j', async (scope) => {
    expect(await codeOf(() => checkScope(scope))).toBe('INVALID_ARGUMENT');
  });
});
