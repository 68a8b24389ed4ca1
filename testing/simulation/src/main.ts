import { startPostgres } from '@sqlcrypter/test-databases';
import { simulateMonth } from './month.js';

const full = { processes: 1_000, days: 30, writes: 10, reads: 500, sampleEvery: 50 };

const log = (message: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${message}`);
const server = await startPostgres({ log });
const database = await server.createDatabase('month');
try {
  log(`${full.processes} processes, ${full.days} days, one restart a day each`);
  const figures = await simulateMonth(database, full, log);
  console.log(JSON.stringify(figures, undefined, 2));
  const times = (calls: number) => (calls / figures.keyTable.total).toFixed(0);
  console.log(
    `KMS calls with a key table: ${figures.keyTable.total}; keys beside each value: ${times(figures.inline.total)} ` +
      `times as many; rules of the Go library: ${times(figures.goRules.total)} times as many.`,
  );
} finally {
  await database.drop();
  await server.stop();
}
