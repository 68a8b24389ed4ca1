/** Reads wraps-v1.json for the tests of every package. Bytes are hexadecimal text. */
import { readFileSync } from 'node:fs';

/** What a wrap is bound to. */
export interface FactsVector {
  readonly fingerprint: string;
  readonly purpose: 'branch' | 'data';
  readonly scope: string;
  readonly created: number;
  readonly expires: number;
}

/** A row of a key table. */
export interface RowVector extends FactsVector {
  readonly wraps: readonly { readonly provider: number; readonly keyId: string; readonly wrapped: string }[];
}

interface WrapsFile {
  readonly dataKey: string;
  readonly branchKey: string;
  readonly localKey: { readonly id: number; readonly key: string; readonly keyId: string };
  readonly facts: readonly {
    readonly name: string;
    readonly facts: FactsVector;
    readonly context: Readonly<Record<string, string>>;
    readonly encoded: string;
  }[];
  readonly branchRow: RowVector;
  readonly rows: readonly { readonly name: string; readonly row: RowVector }[];
  readonly changedRows: readonly { readonly name: string; readonly row: RowVector; readonly code: string }[];
  readonly value: {
    readonly context: Readonly<Record<string, string>>;
    readonly plaintext: string;
    readonly ciphertext: string;
  };
  readonly inlineWrapped: string;
  readonly inline: readonly { readonly name: string; readonly ciphertext: string }[];
}

export const wraps: WrapsFile = JSON.parse(readFileSync(new URL('wraps-v1.json', import.meta.url), 'utf8'));
