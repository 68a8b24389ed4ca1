/** Reads columns-v1.json for the tests of every package. Bytes are hexadecimal text. */
import { readFileSync } from 'node:fs';

/** An id, in a form that JSON can hold. */
export interface IdVector {
  readonly text?: string;
  readonly integer?: string;
  readonly number?: number;
  readonly hex?: string;
  readonly parts?: readonly IdVector[];
}

/** A value, in a form that JSON can hold. */
export interface ValueVector {
  readonly text?: string;
  readonly hex?: string;
  readonly json?: unknown;
  readonly number?: string;
  readonly integer?: string;
  readonly boolean?: boolean;
  readonly milliseconds?: number;
}

interface Named {
  readonly name: string;
}

/** A value of a type, and its plaintext. */
export interface EncodedVector extends Named {
  readonly type: string;
  readonly value: ValueVector;
  readonly plaintext: string;
}

/** A value in a column, bound to it and perhaps to row and tenant. */
export interface ColumnVector extends Named {
  readonly label: string;
  readonly row?: IdVector;
  readonly tenant?: IdVector;
  readonly type: string;
  readonly value: ValueVector;
  readonly context: string;
  readonly ciphertext: string;
  readonly text: string;
}

interface ColumnsFile {
  readonly dataKey: string;
  readonly keyId: number;
  readonly ids: readonly (Named & { readonly id: IdVector; readonly value: string | { readonly hex: string } })[];
  readonly invalidIds: readonly (Named & { readonly id: IdVector; readonly code: string })[];
  readonly values: readonly EncodedVector[];
  readonly readOnly: readonly EncodedVector[];
  readonly refused: readonly (Named & { readonly type: string; readonly plaintext: string; readonly code: string })[];
  readonly columns: readonly ColumnVector[];
  readonly texts: readonly (Named & { readonly text: string; readonly code: string })[];
}

export const columns: ColumnsFile = JSON.parse(readFileSync(new URL('columns-v1.json', import.meta.url), 'utf8'));
