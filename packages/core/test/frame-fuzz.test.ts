import { expect, it } from 'vitest';
import { changedFrames, countOutcomes } from '../../../testing/vectors/changed-frames.js';
import { dataKey, frames } from '../../../testing/vectors/frame-v1.js';
import { DataKey } from '../src/data-key.js';
import { encodeContext } from '../src/encryption-context.js';
import { parseFrame } from '../src/frame.js';
import { SqlcrypterError } from '../src/sqlcrypter-error.js';

it('answers 100,000 changed and random frames with codes only', () => {
  const genuine = frames.map(({ ciphertext }) => ciphertext);
  const key = new DataKey(dataKey);
  const context = encodeContext({ c: 'ssn', t: 'employee' });
  const outcomes = countOutcomes(
    changedFrames(genuine, 'core', 100_000),
    genuine,
    (input) => key.open(input, parseFrame(input), context),
    (error) => (SqlcrypterError.is(error) ? error.code : undefined),
  );
  // Each way out was taken often, so the inputs reach every check.
  const codes = ['AUTH_FAILED', 'FRAME_TRUNCATED', 'FRAME_UNKNOWN', 'FRAME_UNSUPPORTED'];
  for (const code of codes) expect([code, outcomes.get(code)]).toEqual([code, expect.any(Number)]);
  for (const code of codes) expect(outcomes.get(code)).toBeGreaterThan(1000);
  outcomes.delete('opened');
  expect([...outcomes.keys()].sort()).toEqual(codes);
});
