import { roundTrip } from './round-trip.mjs';

roundTrip().then((found) => console.log(JSON.stringify(found)));
