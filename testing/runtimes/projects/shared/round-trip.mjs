import { createAesCrypterer, decryptMany, encryptMany, generateKey, init } from '@sqlcrypter/aes';
import { keyTableSql } from '@sqlcrypter/key-table';
import { decryptRows, encryptedColumn, text } from '@sqlcrypter/sql';

const ROWS = 2_000;

/** Both suites, a column in one value and in a batch, rows, a refusal and the key table's statements for each database. */
export async function roundTrip() {
  const found = {};
  for (const suite of ['xaes-256-gcm', 'aes-256-gcm']) {
    const crypterer = createAesCrypterer({ key: generateKey(), suite });
    init(crypterer, { replace: true });
    const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), bind: ['row'] });
    const value = await ssn.encrypt('999-00-1234', { row: 42 });
    const items = Array.from({ length: ROWS }, (_, row) => ({ value: `999-00-${row}`, row }));
    const stored = await ssn.encryptMany(items);
    // A driver gives bytes, and not what was bound.
    const rows = stored.map((each, id) => ({ id, ssn: Uint8Array.from(each) }));
    const read = await decryptRows(rows, { ssn }, { row: ({ id }) => id });
    const plaintexts = await decryptMany(
      (await encryptMany([{ plaintext: Buffer.from('a') }, { plaintext: Buffer.from('b') }])).map((ciphertext) => ({
        ciphertext,
      })),
    );
    found[suite] = {
      one: await ssn.decrypt(value, { row: 42 }),
      sync: ssn.decryptSync(ssn.encryptSync('sync', { row: 1 })),
      own: (await value.decrypt()).toString(),
      read: read.filter((row, id) => row.ssn === `999-00-${id}`).length,
      plaintexts: plaintexts.map(String),
      otherRow: await ssn.decrypt(Uint8Array.from(value), { row: 43 }).catch(({ code }) => code),
      shown: String(Buffer.isBuffer(value)),
    };
  }
  // What each database calls bytes: a bundler that mixed up the statements shows here.
  const bytesIn = (statements) => /fingerprint (\w+)/.exec(statements.join('\n'))?.[1];
  const dialects = ['postgres', 'mysql', 'sqlite'];
  found.keyTables = Object.fromEntries(dialects.map((dialect) => [dialect, bytesIn(keyTableSql(dialect))]));
  return found;
}
