import { decryptRows } from '@sqlcrypter/sql';
import { ssn } from '../../../lib/columns';

interface StoredEmployee {
  id: number;
  ssn: Buffer;
}

/** Decrypts rows of employees whose numbers come as base64, as from a database. */
export async function POST(request: Request): Promise<Response> {
  const stored = (await request.json()) as string[];
  const rows = stored.map((base64, id): StoredEmployee => ({ id, ssn: Buffer.from(base64, 'base64') }));
  return Response.json(await decryptRows(rows, { ssn }, { row: ({ id }) => id }));
}
