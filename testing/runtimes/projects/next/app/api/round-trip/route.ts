import { roundTrip } from '../../../round-trip.mjs';

export const dynamic = 'force-dynamic';

export async function GET(): Promise<Response> {
  return Response.json(await roundTrip());
}
