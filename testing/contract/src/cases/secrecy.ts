import type { Crypterer } from '@sqlcrypter/core';
import { isCloseable, isSyncCrypterer } from '@sqlcrypter/core/provider';
import { expect } from 'vitest';
import type { ContractGroup } from '../contract-case.js';
import { layoutOf } from '../frame-layout.js';
import type { Harness } from '../harness.js';
import { errorOf } from '../outcome.js';
import { revealsAny } from '../revealed.js';

const TEXT = 'canary 999-00-1337 of the plaintext';
const CANARY = Buffer.from(TEXT);
const CONTEXT = { c: 'employee.ssn' };

/** Calls that fail while they have the canary in hand, each in its own way. */
async function failures({ create, createOther }: Harness): Promise<Record<string, () => unknown>> {
  const crypterer = await create();
  const frame = await crypterer.encrypt(CANARY, { context: CONTEXT });
  const foreign = await (await createOther()).encrypt(CANARY, { context: CONTEXT });
  const options = { context: CONTEXT };
  const calls: Record<string, () => unknown> = {
    'encrypt of text': () => crypterer.encrypt(TEXT as never),
    'encrypt of an object': () => crypterer.encrypt({ ssn: TEXT } as never),
    'encrypt with a wrong context': () => crypterer.encrypt(CANARY, { context: { c: 5 as never } }),
    'encrypt with the value as a name': () => crypterer.encrypt(CANARY, { context: { [TEXT]: '' } }),
    'encrypt with the value as a context': () => crypterer.encrypt(CANARY, { context: TEXT as never }),
    'encrypt with the value as options': () => crypterer.encrypt(CANARY, TEXT as never),
    'encrypt, aborted': () => crypterer.encrypt(CANARY, { signal: AbortSignal.abort(new Error(TEXT)) }),
    'encrypt with a scope': () => crypterer.encrypt(CANARY, { scope: 5 as never }),
    'decrypt of the plaintext': () => crypterer.decrypt(CANARY),
    'decrypt of text': () => crypterer.decrypt(TEXT as never),
    'decrypt with another context': () => crypterer.decrypt(frame, { context: { c: 'other' } }),
    "decrypt of another crypterer's value": () => crypterer.decrypt(foreign, options),
    'decrypt of a value cut off': () => crypterer.decrypt(frame.subarray(0, frame.length - 1), options),
    'decrypt of a header alone': () => crypterer.decrypt(frame.subarray(0, 8), options),
  };
  for (const { name, start } of layoutOf(frame).regions) {
    const changed = Buffer.from(frame);
    changed[start] = (changed[start] as number) ^ 0x80;
    calls[`decrypt with a changed ${name}`] = () => crypterer.decrypt(changed, options);
    if (isSyncCrypterer(crypterer)) {
      calls[`decryptSync with a changed ${name}`] = () => crypterer.decryptSync(changed, options);
    }
  }
  const closed = await create();
  if (isCloseable(closed)) {
    await closed.close();
    calls['encrypt after close'] = () => closed.encrypt(CANARY);
    calls['decrypt after close'] = () => closed.decrypt(frame);
  }
  return calls;
}

async function expectSecrecy(harness: Harness, secrets: readonly Uint8Array[]): Promise<void> {
  const revealing: string[] = [];
  for (const [what, call] of Object.entries(await failures(harness))) {
    if (revealsAny(await errorOf(call), secrets)) revealing.push(what);
  }
  expect(revealing).toEqual([]);
}

async function usedCrypterers({ create, reload }: Harness): Promise<Crypterer[]> {
  const written = await create();
  const ciphertext = await written.encrypt(CANARY, { context: CONTEXT });
  const read = await reload();
  await read.decrypt(ciphertext, { context: CONTEXT });
  return [written, read];
}

export const secrecy: ContractGroup = {
  name: 'secrecy',
  cases: [
    {
      name: 'shows no plaintext in message, stack, cause, inspection or JSON of an error',
      run: (harness) => expectSecrecy(harness, [CANARY]),
    },
    {
      name: 'shows no key bytes in message, stack, cause, inspection or JSON of an error',
      needs: ['secrets'],
      run: (harness) => expectSecrecy(harness, harness.options.secrets as readonly Uint8Array[]),
    },
    {
      name: 'shows no plaintext in inspection or JSON of the crypterer',
      run: async (harness) => {
        for (const crypterer of await usedCrypterers(harness)) expect(revealsAny(crypterer, [CANARY])).toBe(false);
      },
    },
    {
      name: 'shows no key bytes in inspection or JSON of the crypterer',
      needs: ['secrets'],
      run: async (harness) => {
        const secrets = harness.options.secrets as readonly Uint8Array[];
        expect(secrets.length).toBeGreaterThan(0);
        for (const crypterer of await usedCrypterers(harness)) expect(revealsAny(crypterer, secrets)).toBe(false);
      },
    },
  ],
};
