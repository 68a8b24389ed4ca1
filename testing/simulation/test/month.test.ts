// What is built: the KMS runs in a process of its own.
import { simulateMonth } from '@sqlcrypter/simulation';
import { startPostgres } from '@sqlcrypter/test-databases';
import { expect, it } from 'vitest';

it('a month of a small fleet costs the KMS one call per start and a few for keys', { timeout: 240_000 }, async () => {
  const server = await startPostgres();
  const database = await server.createDatabase('month');
  try {
    const figures = await simulateMonth(database, { processes: 8, days: 30, writes: 10, reads: 300, sampleEvery: 24 });
    expect(figures.values).toBe(2_400);
    expect(figures.bytesPerValue.keyTable).toBe(60);
    expect(figures.keyTable.reading).toBeLessThanOrEqual(figures.lives + 8);
    expect(figures.keyTable.writing).toBeLessThanOrEqual(8);
    expect(figures.keyTable.branchKeys).toBe(1);
    expect(figures.keyTable.dataKeys).toBe(2);
    expect(figures.inline.writing).toBe(figures.lives);
    expect(figures.inline.total / figures.keyTable.total).toBeGreaterThan(50);
    expect(figures.goRules.total).toBeGreaterThanOrEqual(figures.inline.total);
  } finally {
    await database.drop();
    await server.stop();
  }
});
