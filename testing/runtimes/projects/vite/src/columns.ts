import { createAesCrypterer, init, parseKey } from '@sqlcrypter/aes';
import { encryptedColumn, text } from '@sqlcrypter/sql';

init(createAesCrypterer({ key: parseKey(process.env.SQLCRYPTER_KEY) }));

export const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), bind: ['row'] });
