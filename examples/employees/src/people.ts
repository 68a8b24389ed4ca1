import type { Employee } from './employees.js';

// No social security number begins with 9, so none of these belongs to anybody.

export const ADA = { name: 'Ada Lovelace', ssn: '999-00-1234', salary: 120_000 };
/** What becomes of the SSN of Ada. */
export const CORRECTED_SSN = '999-00-4321';
/** She has no SSN yet. */
export const GRACE = { name: 'Grace Hopper', ssn: null, salary: 130_000 };
export const ALAN = { name: 'Alan Turing', ssn: '999-00-5678', salary: 110_000 };

/** As many employees as are asked for, all different. */
export function staff(count: number): Omit<Employee, 'id'>[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(4, '0');
    return { name: `Employee ${number}`, ssn: `900-00-${number}`, salary: 50_000 + index };
  });
}
