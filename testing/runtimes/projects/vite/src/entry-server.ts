import { ssn } from './columns';

export async function render(): Promise<string> {
  const stored = await ssn.encrypt('999-00-1234', { row: 42 });
  return `<p>Number ${await ssn.decrypt(stored, { row: 42 })}</p>`;
}
