import { parseArgs } from 'node:util';
import type { LocalKms } from './local-kms.js';
import { LocalKmsError } from './local-kms-error.js';
import { startLocalKms } from './start-local-kms.js';

const USAGE = `Usage: local-kms [options]

Runs an AWS KMS for tests on this machine. Never protect real data with it.

Options:
  --port <number>     port to listen on (default 9090; 0: any free port)
  --host <address>    address to listen on (default 127.0.0.1)
  --seed <file>       YAML file with keys and aliases (default: one random key, alias/sqlcrypter)
  --region <name>     Region of the keys (default eu-west-2)
  --account <digits>  account id in ARNs (default 111122223333)
  --help              show this text
`;

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/;

async function main(): Promise<void> {
  const { values } = parseArguments();
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const kms = await startLocalKms({
    port: parsePort(values.port ?? '9090'),
    ...(values.host !== undefined && { host: values.host }),
    ...(values.seed !== undefined && { seed: values.seed }),
    ...(values.region !== undefined && { region: values.region }),
    ...(values.account !== undefined && { accountId: values.account }),
  });
  process.once('SIGINT', () => void kms.close());
  process.once('SIGTERM', () => void kms.close());
  process.stdout.write(greeting(kms, values.seed));
  if (values.host !== undefined && !LOOPBACK.test(values.host)) {
    process.stderr.write(
      `local-kms: whoever can reach ${values.host} can decrypt; 127.0.0.1 is reachable from here only.\n`,
    );
  }
}

function parseArguments() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        seed: { type: 'string' },
        region: { type: 'string' },
        account: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new LocalKmsError('CONFIG', `${(error as Error).message}\nSee local-kms --help.`);
  }
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new LocalKmsError('CONFIG', `--port is '${text}'. Expected a number from 0 (any free port) to 65535.`);
}

function greeting({ endpoint, region }: LocalKms, seed: string | undefined): string {
  const keys =
    seed === undefined ? 'one random key, alias/sqlcrypter; it is gone when this process ends' : `from ${seed}`;
  return `Local KMS, for tests only: ${endpoint}
Keys: ${keys}

Point an AWS SDK at it:
  export AWS_ENDPOINT_URL_KMS=${endpoint}
  export AWS_REGION=${region} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local

Stop it with Ctrl+C.
`;
}

main().catch((error: unknown) => {
  if (!(error instanceof LocalKmsError)) throw error;
  process.stderr.write(`local-kms: ${error.message}\n`);
  process.exitCode = 1;
});
