import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entryPoints, reportFolder } from '../src/entry-points.js';
import { extractReport } from '../src/extract.js';

describe('docs/api', () => {
  it('has a report for every entry point of every published package, and no other', () => {
    const reports = readdirSync(reportFolder).filter((file) => file.endsWith('.api.md'));
    expect(reports.toSorted()).toEqual(
      entryPoints()
        .map(({ report }) => report)
        .toSorted(),
    );
  });

  for (const entryPoint of entryPoints()) {
    it(`shows what ${entryPoint.specifier} exports: npm run api rewrites the reports`, () => {
      expect(extractReport(entryPoint)).toBe(readFileSync(join(reportFolder, entryPoint.report), 'utf8'));
    });
  }
});
