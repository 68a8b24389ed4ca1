import { expect, it } from 'vitest';
import { dataKey, frames } from '../../../testing/vectors/frame-v1.js';
import { DataKey } from '../src/data-key.js';
import { encodeContext } from '../src/encryption-context.js';
import { parseFrame } from '../src/frame.js';
import { SqlcrypterError } from '../src/sqlcrypter-error.js';
import { SeededRandom } from './seeded-random.js';

const INPUTS = 100_000;

const random = new SeededRandom('frames');
const genuine = frames.map(({ ciphertext }) => ciphertext);

function flipped(frame: Buffer): Buffer {
  const changed = Buffer.from(frame);
  for (let n = random.below(4); n >= 0; n--) {
    const at = random.below(changed.length);
    changed[at] = (changed[at] as number) ^ (1 << random.below(8));
  }
  return changed;
}

function cut(frame: Buffer): Buffer {
  const start = random.below(4) === 0 ? random.below(8) : 0;
  return frame.subarray(start, random.below(frame.length + 1));
}

function spliced(frame: Buffer): Buffer {
  const other = random.pick(genuine);
  return Buffer.concat([frame.subarray(0, random.below(frame.length)), other.subarray(random.below(other.length))]);
}

function withFalseLength(frame: Buffer): Buffer {
  const changed = Buffer.from(frame);
  changed[3] = 3;
  if (changed.length >= 23) changed.writeUInt16BE(random.pick([0, 1, 15, 16, 17, 255, 256, 0x7fff, 0xffff]), 21);
  return changed;
}

function withRandomBody(frame: Buffer): Buffer {
  return Buffer.concat([frame.subarray(0, 4 + random.below(20)), random.bytes(random.below(120))]);
}

const CHANGES = [flipped, cut, spliced, withFalseLength, withRandomBody];

it(`answers ${INPUTS.toLocaleString('en')} changed and random frames with codes only`, () => {
  const key = new DataKey(dataKey);
  const context = encodeContext({ c: 'ssn', t: 'employee' });
  const seen = new Map<string, number>();
  for (let i = 0; i < INPUTS; i++) {
    const frame = random.pick(genuine);
    const input = random.pick(CHANGES)(frame);
    let outcome = 'opened';
    try {
      key.open(input, parseFrame(input), context);
      if (!genuine.some((known) => known.equals(input))) throw new Error(`opened ${input.toString('hex')}`);
    } catch (error) {
      if (!SqlcrypterError.is(error)) throw new Error(`no code for ${input.toString('hex')}`, { cause: error });
      outcome = error.code;
    }
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
  }
  // Each way out was taken often, so the inputs reach every check.
  for (const code of ['FRAME_UNKNOWN', 'FRAME_TRUNCATED', 'FRAME_UNSUPPORTED', 'AUTH_FAILED']) {
    expect(seen.get(code)).toBeGreaterThan(1000);
  }
  expect([...seen.keys()].filter((code) => code !== 'opened').sort()).toHaveLength(4);
});
