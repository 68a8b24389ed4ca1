import type { NextApiRequest, NextApiResponse } from 'next';
import { ssn } from '../../lib/columns';

/** Encrypts the numbers of employees 0, 1, … and gives what a database would store, as base64. */
export default async function handler(request: NextApiRequest, response: NextApiResponse<string[]>): Promise<void> {
  const numbers = request.body as string[];
  const stored = await ssn.encryptMany(numbers.map((value, row) => ({ value, row })));
  response.json(stored.map((each) => each.toString('base64')));
}
