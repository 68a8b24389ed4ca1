import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel, type ExtractorMessage } from '@microsoft/api-extractor';
import type { EntryPoint } from './entry-points.js';

const COMPILER_OPTIONS = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  skipLibCheck: true,
};

/** The report of an entry point: what it exports, with every signature. */
export function extractReport({ specifier, folder, types, report }: EntryPoint): string {
  const output = mkdtempSync(join(tmpdir(), 'sqlcrypter-api-'));
  try {
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath: types,
        compiler: { overrideTsconfig: { compilerOptions: COMPILER_OPTIONS, files: [types] } },
        apiReport: {
          enabled: true,
          reportFileName: report,
          reportFolder: output,
          reportTempFolder: join(output, 'temporary'),
          // What TSDoc lacks is not the interface; tests of the documentation see to it.
          includeForgottenExports: true,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
          extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(folder, 'package.json'),
    });
    const result = Extractor.invoke(config, { localBuild: true, messageCallback: silence });
    if (!result.succeeded) throw new Error(`The declarations of ${specifier} do not compile.`);
    return readFileSync(join(output, report), 'utf8').replaceAll('\r\n', '\n');
  } finally {
    rmSync(output, { recursive: true });
  }
}

function silence(message: ExtractorMessage): void {
  if (message.logLevel !== ExtractorLogLevel.Error) message.handled = true;
}
