import { startPostgres } from '@sqlcrypter/test-databases';
import { interruption } from './interruption.js';
import { kmsTour } from './kms-tour.js';
import { Narrator } from './narrator.js';
import { postgresTour } from './postgres-tour.js';
import { sqliteTour } from './sqlite-tour.js';
import { summaryOf } from './summary.js';
import { TourFailure } from './tour-failure.js';

const INTRODUCTION = `sqlcrypter: employees with an encrypted social security number (SSN)
====================================================================
    The application encrypts a value before it is bound to a query, and decrypts it after it is
    read. The database, its backups and its administrators see ciphertext only. This tour shows
    that with real databases. A line with "ok" is a check: where one fails, the tour ends.
`;

/** Gives the summary once everything is closed. */
async function tour(signal: AbortSignal): Promise<string> {
  console.log(INTRODUCTION);
  const server = await startPostgres({
    // A server that happens to run on this machine is none of the tour's business, unless it is named.
    embedded: !process.env.SQLCRYPTER_TEST_POSTGRES,
  });
  try {
    const { host, port } = server.connection;
    const origin = server.source === 'embedded' ? 'was started for this tour' : 'was there already';
    console.log(`    PostgreSQL ${origin}, at ${host}:${port}.\n`);
    const narrator = new Narrator(signal);
    await postgresTour(narrator, server);
    await sqliteTour(narrator);
    const kms = await kmsTour(narrator, server);
    return summaryOf(narrator.counts, kms);
  } finally {
    await server.stop();
  }
}

const signal = interruption();
try {
  console.log(await tour(signal));
} catch (error) {
  if (signal.aborted) {
    console.error('\nStopped. Everything that was started is closed.');
    process.exitCode = 130;
  } else {
    console.error('\nThe tour ends here: something is not as it should be.');
    console.error(error instanceof TourFailure ? error.message : error);
    process.exitCode = 1;
  }
}
