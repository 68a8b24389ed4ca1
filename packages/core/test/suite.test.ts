import { describe, expect, it } from 'vitest';
import { checkSuite, SUITES, suiteByNumber } from '../src/suite.js';
import { codeOf } from './code-of.js';

describe('the suites', () => {
  it('have the numbers and nonces of the format', () => {
    expect(SUITES).toMatchObject({
      'aes-256-gcm': { number: 1, nonceLength: 12 },
      'xaes-256-gcm': { number: 2, nonceLength: 24 },
    });
    for (let number = 0; number < 16; number++) {
      expect(suiteByNumber(number)?.number).toBe(number === 1 || number === 2 ? number : undefined);
    }
  });

  it('are named by a string only', async () => {
    expect(await codeOf(() => checkSuite(['aes-256-gcm'] as never))).toBe('CONFIG');
  });

  it('are xaes-256-gcm unless an option says otherwise', async () => {
    expect(checkSuite(undefined)).toBe('xaes-256-gcm');
    expect(checkSuite('aes-256-gcm')).toBe('aes-256-gcm');
    for (const wrong of ['AES-256-GCM', '', 'toString', null, 1]) {
      expect(await codeOf(() => checkSuite(wrong as never))).toBe('CONFIG');
    }
  });
});
