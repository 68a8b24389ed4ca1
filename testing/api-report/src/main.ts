import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryPoints, reportFolder } from './entry-points.js';
import { extractReport } from './extract.js';

// Reports of entry points that are no longer there would stay behind.
mkdirSync(reportFolder, { recursive: true });
for (const file of readdirSync(reportFolder)) if (file.endsWith('.api.md')) rmSync(join(reportFolder, file));

for (const entryPoint of entryPoints()) {
  writeFileSync(join(reportFolder, entryPoint.report), extractReport(entryPoint));
  console.log(`${entryPoint.specifier} -> docs/api/${entryPoint.report}`);
}
