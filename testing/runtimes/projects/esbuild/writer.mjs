import { ssn } from './columns.mjs';

/** An employee as the database stores them. */
export const write = async (id, number) => ({ id, ssn: await ssn.encrypt(number, { row: id }) });
