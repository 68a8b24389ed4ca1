import { describe, expect, it } from 'vitest';
import { type ContractCase, isBeyond, type Need, reasonToSkip } from '../src/contract-case.js';
import type { ContractOptions } from '../src/index.js';
import { expectBytes, expectRefusals, outcomeOf } from '../src/outcome.js';

const options: ContractOptions = {
  name: 'options',
  capabilities: { sync: true },
  create: () => Promise.reject(new Error('not called')),
  createOther: () => Promise.reject(new Error('not called')),
};

function needing(...needs: Need[]): ContractCase {
  return { name: 'a case', needs, run: async () => undefined };
}

describe('a case that needs something', () => {
  it('is left out where the capability is declared absent', () => {
    expect(isBeyond(needing('sync'), options)).toBe(false);
    expect(isBeyond(needing('sync', 'keyLoader'), options)).toBe(true);
    expect(isBeyond(needing('forgetKeys'), options)).toBe(true);
    expect(isBeyond(needing('goFrames'), { ...options, goFrames: 'none' })).toBe(true);
  });

  it('is skipped with the reason where an option was left out', () => {
    expect(reasonToSkip(needing('sync'), options)).toBeUndefined();
    expect(reasonToSkip(needing('secrets', 'goFrames'), options)).toBe('needs the option secrets and goFrames');
    expect(reasonToSkip(needing('secrets'), { ...options, secrets: [] })).toBeUndefined();
  });
});

describe('an expectation', () => {
  it('tells a call without an error from one with a code and one without', async () => {
    expect(await outcomeOf(() => null)).toBe('no error but null');
    expect(await outcomeOf(() => Buffer.alloc(3))).toBe('no error but 3 bytes');
    expect(await outcomeOf(() => Promise.reject(new TypeError('secret')))).toBe('an error without a code: TypeError');
  });

  it('names every call that was not refused as it should be', async () => {
    const refusals = ['one', 'two'].map((what) => ({ what, codes: ['AUTH_FAILED'], call: () => undefined }));
    await expect(expectRefusals(refusals)).rejects.toThrow('one: expected AUTH_FAILED, got no error but undefined');
    await expect(expectRefusals([])).rejects.toThrow();
  });

  it('compares bytes without printing them', () => {
    expect(() => expectBytes(Buffer.from('a'), Buffer.from('b'))).toThrow('the bytes differ');
    expect(() => expectBytes(null, Buffer.from('b'))).toThrow('got null');
  });
});
