import { Inject, Injectable } from '@nestjs/common';
import { type Crypterer, SqlcrypterError } from '@sqlcrypter/core';
import { decryptRows, type EncryptedBytes, encryptedColumn, text } from '@sqlcrypter/sql';

export const CRYPTERER = Symbol('the crypterer');

const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), bind: ['row'], crypterer: 'employees' });

@Injectable()
export class EmployeesService {
  @Inject(CRYPTERER) readonly crypterer!: Crypterer;
  private readonly rows: { id: number; ssn: EncryptedBytes }[] = [];

  async add(plaintexts: string[]): Promise<void> {
    const stored = await ssn.encryptMany(plaintexts.map((value, row) => ({ value, row })));
    for (const [id, each] of stored.entries()) this.rows.push({ id, ssn: each });
  }

  async all(): Promise<string[]> {
    return (await decryptRows(this.rows, { ssn }, { row: ({ id }) => id })).map((row) => row.ssn);
  }

  /** What an attacker gets who copies a value to another row. */
  async copied(): Promise<string> {
    const [first] = this.rows;
    try {
      return await ssn.decrypt(first.ssn, { row: 1 });
    } catch (error) {
      return error instanceof SqlcrypterError ? error.code : 'another error';
    }
  }
}
