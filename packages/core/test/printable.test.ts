import { describe, expect, it } from 'vitest';
import { SqlcrypterError } from '../src/index.js';
import { checkScope } from '../src/provider.js';

/** Characters that end a line, move a cursor, colour a terminal or turn text around, and half a character. */
const UNPRINTABLE = [
  '\0',
  '\n',
  '\r',
  '\t',
  '\u001b',
  '\u007f',
  '\u0085',
  '\u009b',
  '\u2028',
  '\u2029',
  '\u202e',
  '\u2066',
  '\ud800',
];

describe('an error', () => {
  it.each(UNPRINTABLE.map((character) => [`U+${character.charCodeAt(0).toString(16).padStart(4, '0')}`, character]))(
    'quotes %s by its number only, whoever chose the text',
    (_, character) => {
      const quoted = `a${character}[31mb`;
      const error = new SqlcrypterError('KEY_NOT_FOUND', `The key ${quoted} is not here.`, {
        keyRef: quoted,
        column: quoted,
      });
      const further = SqlcrypterError.withDetails(error, { index: 1 });
      for (const { message, keyRef, column } of [error, further]) {
        for (const text of [message, keyRef, column]) {
          expect(text).not.toContain(character);
          expect(text).toContain(`a\\u{${character.charCodeAt(0).toString(16)}}[31mb`);
        }
      }
    },
  );

  it('leaves letters, signs and emoji of every language as they are', () => {
    const message = 'Schlüssel 🔑 für Zoë, 鍵, مفتاح, किताब: “fine” — €5\u00a0\\u{41}';
    expect(new SqlcrypterError('CONFIG', message).message).toBe(message);
  });
});

describe('a scope', () => {
  it.each([...UNPRINTABLE.filter((character) => !/[\u202e\u2066]/.test(character)), '\ufffd'])(
    'has no %j',
    (character) => {
      expect(() => checkScope(`tenant${character}`)).toThrow(/control characters/);
    },
  );

  it.each(['tenant-42', 'person:1001', 'Zoë 🔑', "o'brien; --", 'é'.repeat(127)])('may be %j', (scope) => {
    expect(checkScope(scope)).toBe(scope);
  });
});
