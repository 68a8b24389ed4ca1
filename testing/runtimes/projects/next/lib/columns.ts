import { encryptedColumn, text } from '@sqlcrypter/sql';

export const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), bind: ['row'] });
