import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { encryptedColumn, text } from '@sqlcrypter/sql';

export const crypterer = createAesCrypterer({ key: generateKey() });

/** A column in a table that has no CHECK, as where somebody left it out. */
export const secret = encryptedColumn({ table: 'unchecked', column: 'secret', type: text(), crypterer });

/** The same in a text column. */
export const secretText = encryptedColumn({
  table: 'unchecked',
  column: 'secret',
  type: text(),
  encoding: 'text',
  crypterer,
});

/** A wrapper of an encrypted value as one might write it: not a Buffer. */
export class PlainClass {
  readonly ciphertext: Buffer;

  constructor(ciphertext: Buffer) {
    this.ciphertext = ciphertext;
  }
}
