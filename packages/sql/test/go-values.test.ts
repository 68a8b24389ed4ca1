import { readFileSync } from 'node:fs';
import { createAesCrypterer } from '@sqlcrypter/aes';
import { describe, expect, it } from 'vitest';
import { EncryptedBytes } from '../src/index.js';
import { expectCode } from './expect-code.js';

interface GoProvider {
  readonly id: string;
  readonly currentKeyHex: string;
  readonly previousKeyHex: string | null;
  readonly cases: readonly {
    id: string;
    plaintextB64: string;
    valueB64: string | null;
    marshalJSON: string;
    structJSON: string;
  }[];
  readonly scan: readonly { input: string; inputB64?: string; outcome: string; targetAfterB64: string }[];
  readonly unmarshalJSON: readonly { json: string; outcome: string; targetAfterB64: string }[];
}

const { providers } = JSON.parse(
  readFileSync(new URL('../../../testing/vectors/go-sqlcrypter/encrypted-bytes.json', import.meta.url), 'utf8'),
) as { providers: readonly GoProvider[] };

const base64 = (text: string) => Buffer.from(text, 'base64');

describe.each(providers)('values of the Go library’s EncryptedBytes, $id', (provider) => {
  const { currentKeyHex, previousKeyHex } = provider;
  const crypterer = createAesCrypterer({
    key: Buffer.from(currentKeyHex, 'hex'),
    decryptKeys: previousKeyHex === null ? [] : [Buffer.from(previousKeyHex, 'hex')],
    goFrames: 'read',
  });

  it.each(provider.cases)('are read from a column and from both forms of JSON: $id', (vector) => {
    const { plaintextB64, valueB64, marshalJSON, structJSON } = vector;
    const stored = valueB64 === null ? null : base64(valueB64);
    const values = [
      EncryptedBytes.fromDatabase(stored, { crypterer }),
      EncryptedBytes.fromJSON(JSON.parse(marshalJSON) as string | null, { crypterer }),
      EncryptedBytes.fromJSON((JSON.parse(structJSON) as { ssn: string | null }).ssn, { crypterer }),
    ];
    for (const value of values) {
      // What Go has not set it writes as NULL, and so it stays here.
      if (value === null) expect(plaintextB64).toBe('');
      else expect(value.decryptSync()).toEqual(base64(plaintextB64));
    }
    expect(JSON.stringify(values[1])).toBe(marshalJSON);
  });

  /** What no ciphertext is, and what a driver of JavaScript gives in its place. */
  const OTHER_INPUTS: Readonly<Record<string, unknown>> = {
    'nil interface (how database/sql delivers NULL)': null,
    '[]byte(nil)': null,
    string: 'a string',
    int64: 7,
  };

  it.each(provider.scan)('are told from what else a driver may hand back: $input', async (vector) => {
    const { input, inputB64, outcome, targetAfterB64 } = vector;
    if (inputB64 === undefined) {
      expect(Object.keys(OTHER_INPUTS)).toContain(input);
      const read = () => EncryptedBytes.fromDatabase(OTHER_INPUTS[input] as null, { crypterer });
      // Go takes NULL for an error, or leaves the old value where it was: here NULL is null.
      if (OTHER_INPUTS[input] === null) expect(read()).toBeNull();
      else await expectCode('INVALID_ARGUMENT', read);
      return;
    }
    const value = EncryptedBytes.fromDatabase(base64(inputB64), { crypterer });
    if (outcome === 'ok') expect(value.decryptSync()).toEqual(base64(targetAfterB64));
    else await expectCode('FRAME_UNKNOWN', () => value.decryptSync());
  });

  it.each(provider.unmarshalJSON)('are told from other JSON, which Go refuses or panics at: $json', async (vector) => {
    const { json, outcome, targetAfterB64 } = vector;
    const read = () => EncryptedBytes.fromJSON(JSON.parse(json) as string, { crypterer });
    if (json === 'null') expect(read()).toBeNull();
    // Go skips line breaks inside base64. One value has one text here.
    else if (outcome !== 'ok' || json.includes('\\n')) await expectCode('INVALID_ARGUMENT', read);
    else expect(read().decryptSync()).toEqual(base64(targetAfterB64));
  });
});
