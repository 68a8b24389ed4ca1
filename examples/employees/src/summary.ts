import type { KmsCalls } from './kms-stage.js';
import type { TourCounts } from './narrator.js';

/** What was shown, in a few lines. */
export function summaryOf(counts: TourCounts, kms: KmsCalls & { readonly rows: number }): string {
  const refusals = [...counts.refusals];
  const refused = refusals.reduce((sum, [, count]) => sum + count, 0);
  return `
Summary
=======
    ${counts.sections} sections, ${counts.checks} checks: everything came as it should.

    Stored      PostgreSQL and SQLite hold ciphertext. No row, backup or file has an SSN in it.
    Refused     ${refused} times: ${refusals.map(([reason, count]) => `${count} ${reason}`).join(', ')}.
    Local key   The old one was given up after every employee was written again.
    AWS KMS     ${kms.rows} employees were read after a restart by ${kms.Decrypt} call to Decrypt.

    The code to copy is in examples/employees/src: employees.ts, employees-sqlite.ts, start-up.ts.
    Whatever the tour started or stored is gone again.
`;
}
