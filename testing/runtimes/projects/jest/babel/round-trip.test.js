import expected from '../expected.json';
import { roundTrip } from './round-trip';

test('the packages work, imported through babel-jest', async () => {
  expect(await roundTrip()).toEqual(expected);
});
