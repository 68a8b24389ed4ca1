/** Something is not as the tour says. Its message is all that is shown. */
export class TourFailure extends Error {
  override name = 'TourFailure';
}
