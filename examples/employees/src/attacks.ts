// What somebody can do who may write to the database, but has no key. Every database of the tour understands it.

export const WRITE_PLAINTEXT = "update employee set ssn = '999-00-1234' where name = 'Ada Lovelace';";

export const MOVE_TO_ANOTHER_ROW = `update employee
set ssn = (select ssn from employee where name = 'Ada Lovelace')
where name = 'Grace Hopper';`;

export const MOVE_TO_ANOTHER_COLUMN = "update employee set salary = ssn where name = 'Ada Lovelace';";

/** PostgreSQL only: changes one bit at the end of the value. */
export const CHANGE_ONE_BIT = `update employee
set ssn = set_byte(ssn, length(ssn) - 1, get_byte(ssn, length(ssn) - 1) # 1)
where name = 'Ada Lovelace';`;
