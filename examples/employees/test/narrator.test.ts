import { SqlcrypterError } from '@sqlcrypter/aes';
import { expect, it } from 'vitest';
import { Narrator } from '../src/narrator.js';
import { TourFailure } from '../src/tour-failure.js';

function narration(signal = new AbortController().signal): { narrator: Narrator; lines: string[] } {
  const lines: string[] = [];
  return { narrator: new Narrator(signal, (line) => lines.push(line)), lines };
}

it('ends the tour where a sentence is not true', () => {
  const { narrator, lines } = narration();
  expect(() => narrator.check('Two and two are five.', false)).toThrow(TourFailure);
  expect(lines).toEqual([]);
});

it('ends the tour where a value is not the expected one, and names both', () => {
  const { narrator } = narration();
  expect(() => narrator.checkValue('Calls', 100, 1)).toThrow(new TourFailure('Calls: 100\nExpected: 1'));
});

it('ends the tour where an attempt succeeds that should be refused', async () => {
  const { narrator } = narration();
  await expect(narrator.checkRefused('reading', 'AUTH_FAILED', () => 'plaintext')).rejects.toThrow(TourFailure);
});

it('ends the tour where an attempt is refused for another reason', async () => {
  const { narrator } = narration();
  const attempt = () => Promise.reject(new SqlcrypterError('KEY_NOT_FOUND', 'There is no such key.'));
  await expect(narrator.checkRefused('reading', 'AUTH_FAILED', attempt)).rejects.toThrow(TourFailure);
});

it('passes on an error that is no refusal', async () => {
  const { narrator } = narration();
  const attempt = () => Promise.reject(new TypeError('A mistake of the tour.'));
  await expect(narrator.checkRefused('reading', 'AUTH_FAILED', attempt)).rejects.toThrow(TypeError);
});

it('counts what it has shown, and tells the message of a refusal once', async () => {
  const { narrator, lines } = narration();
  const attempt = () => Promise.reject(new SqlcrypterError('KEY_NOT_FOUND', 'There is no such key.'));
  narrator.section('Read');
  await narrator.checkRefused('once', 'KEY_NOT_FOUND', attempt);
  await narrator.checkRefused('twice', 'KEY_NOT_FOUND', attempt);
  narrator.checkValue('Calls', 1, 1);
  expect(lines).toEqual([
    ' 1. Read',
    '    ok  refused (KEY_NOT_FOUND): once',
    '          There is no such key.',
    '    ok  refused (KEY_NOT_FOUND): twice',
    '    ok  Calls: 1',
  ]);
  expect(narrator.counts).toEqual({ sections: 1, checks: 3, refusals: new Map([['KEY_NOT_FOUND', 2]]) });
});

it('begins no section once it is interrupted', () => {
  const { narrator, lines } = narration(AbortSignal.abort());
  expect(() => narrator.section('Read')).toThrow(expect.objectContaining({ name: 'AbortError' }));
  expect(lines).toEqual([]);
});
