import { ssn } from '../lib/columns';

export const dynamic = 'force-dynamic';

export default async function Page() {
  const stored = await ssn.encrypt('999-00-1234', { row: 42 });
  return <p>{`Number ${await ssn.decrypt(stored, { row: 42 })}`}</p>;
}
