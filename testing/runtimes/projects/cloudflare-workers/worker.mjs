import { roundTrip } from './round-trip.mjs';

export default {
  async fetch() {
    return Response.json(await roundTrip());
  },
};
