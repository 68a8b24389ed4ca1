import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { parse as parseHcl } from '@cdktn/hcl2json';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { bytes, clientOf, startKms } from './kms-client.js';

const testing = new URL('../../', import.meta.url);
const terraform = new URL('terraform/awskms/', testing);

interface Compose {
  readonly services: Record<string, { image: string; ports: string[]; volumes?: string[]; environment: object }>;
}

/** A body of Terraform as JSON: blocks of a type and name are lists, references are text. */
type Block = Record<string, unknown>;
type Blocks = Record<string, Record<string, Block[]>>;

interface Module {
  readonly resource: Blocks;
  readonly data: Blocks;
  readonly variable: Record<string, Block[]>;
  readonly text: string;
}

async function readModule(): Promise<Module> {
  const files = readdirSync(terraform).filter((name) => name.endsWith('.tf'));
  const texts = files.map((name) => readFileSync(new URL(name, terraform), 'utf8'));
  const parsed = await Promise.all(files.map((name, index) => parseHcl(name, texts[index] ?? '')));
  const module = { resource: {}, data: {}, variable: {}, text: texts.join('\n') };
  for (const { resource = {}, data = {}, variable = {} } of parsed) {
    mergeBlocks(module.resource, resource);
    mergeBlocks(module.data, data);
    Object.assign(module.variable, variable);
  }
  return module;
}

/** Resources of one type may be in several files. */
function mergeBlocks(into: Blocks, from: Blocks): void {
  for (const [type, named] of Object.entries(from)) into[type] = { ...into[type], ...named };
}

function only(blocks: Record<string, Block[]> | undefined, name: string): Block {
  expect(blocks?.[name]).toHaveLength(1);
  return blocks?.[name]?.[0] ?? {};
}

describe('docker-compose.yml', () => {
  const { services } = parseYaml(readFileSync(new URL('docker-compose.yml', testing), 'utf8')) as Compose;

  it('has a KMS and both databases, each from an image of a fixed version', () => {
    expect(Object.keys(services).sort()).toEqual(['kms', 'mariadb', 'postgres']);
    for (const { image } of Object.values(services)) expect(image).toMatch(/^[a-z/-]+:\d+(\.\d+)*$/);
  });

  it('opens its ports to this machine only', () => {
    for (const { ports } of Object.values(services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
  });

  it('gives the KMS the seed, where its image looks for it, and the Region and account of this one', async () => {
    expect(services.kms).toMatchObject({
      volumes: ['./seed.yaml:/init/seed.yaml:ro'],
      environment: { KMS_SEED_PATH: '/init/seed.yaml' },
    });
    const { region, accountId } = await startKms();
    expect(services.kms?.environment).toMatchObject({ KMS_REGION: region, KMS_ACCOUNT_ID: accountId });
  });
});

describe('seed.yaml', () => {
  it('opens what the Go library wrapped with its own seed', async () => {
    const vectors = new URL('vectors/go-sqlcrypter/awskms.json', testing);
    const { groups } = JSON.parse(readFileSync(vectors, 'utf8')) as {
      groups: { name: string; deks: { encryptedDekB64: string; dekHex: string }[] }[];
    };
    const deks = groups.find((group) => group.name === 'seed')?.deks ?? [];
    expect(deks.length).toBeGreaterThan(0);
    const client = clientOf(await startKms({ seed: fileURLToPath(new URL('seed.yaml', testing)) }));
    for (const { encryptedDekB64, dekHex } of deks) {
      const CiphertextBlob = Buffer.from(encryptedDekB64, 'base64');
      const opened = await client.send(new DecryptCommand({ CiphertextBlob, KeyId: 'alias/sqlcrypter' }));
      expect(bytes(opened.Plaintext).toString('hex')).toBe(dekHex);
    }
  });
});

describe('terraform/awskms', () => {
  it('makes one key that rotates, with an alias', async () => {
    const { resource } = await readModule();
    expect(only(resource.aws_kms_key, 'this')).toMatchObject({ enable_key_rotation: true });
    expect(only(resource.aws_kms_alias, 'this')).toMatchObject({
      name: `alias/\${var.name}`,
      target_key_id: `\${aws_kms_key.this.key_id}`,
    });
  });

  it('allows one action on that key and nothing else, to encrypt and to decrypt', async () => {
    const { data, resource } = await readModule();
    const actions = { encrypt: 'kms:GenerateDataKey', decrypt: 'kms:Decrypt' };
    expect(Object.keys(data.aws_iam_policy_document ?? {}).sort()).toEqual(Object.keys(actions).sort());
    for (const [name, action] of Object.entries(actions)) {
      expect(only(data.aws_iam_policy_document, name).statement).toEqual([
        expect.objectContaining({ effect: 'Allow', actions: [action], resources: [`\${aws_kms_key.this.arn}`] }),
      ]);
      expect(only(resource.aws_iam_policy, name).policy).toBe(`\${data.aws_iam_policy_document.${name}.json}`);
    }
  });

  it('watches the money: a monthly budget for KMS that alerts on what is spent and on the forecast', async () => {
    const { resource } = await readModule();
    expect(only(resource.aws_budgets_budget, 'kms')).toMatchObject({
      budget_type: 'COST',
      time_unit: 'MONTHLY',
      cost_filter: [{ name: 'Service', values: ['AWS Key Management Service'] }],
      notification: [{ notification_type: 'ACTUAL' }, { notification_type: 'FORECASTED' }],
    });
  });

  it('watches the request quota, and throttled requests where a trail is given', async () => {
    const { resource } = await readModule();
    const alarms = resource.aws_cloudwatch_metric_alarm;
    for (const name of ['request_quota', 'throttled']) {
      expect(only(alarms, name).alarm_actions).toEqual([`\${aws_sns_topic.alerts.arn}`]);
    }
    expect(JSON.stringify(only(alarms, 'request_quota'))).toContain('CryptographicOperationsSymmetric');
    const filter = only(resource.aws_cloudwatch_log_metric_filter, 'throttled');
    expect(filter.pattern).toBe('{ ($.eventSource = "kms.amazonaws.com") && ($.errorCode = "ThrottlingException") }');
  });

  it('declares every variable that it uses, with a description, and uses every one that it declares', async () => {
    const { text, variable } = await readModule();
    const used = new Set([...text.matchAll(/\bvar\.([a-z_]+)/g)].map((match) => match[1]));
    expect([...used].sort()).toEqual(Object.keys(variable).sort());
    for (const [block] of Object.values(variable)) expect(block?.description).toEqual(expect.any(String));
  });

  it('refers only to resources and data that it has', async () => {
    const { text, resource, data } = await readModule();
    const references = [...text.matchAll(/\b(data\.)?(aws_[a-z_]+)\.([a-z_]+)(?=[.[])/g)];
    expect(references.length).toBeGreaterThan(5);
    for (const [reference, isData, type = '', name = ''] of references) {
      expect((isData ? data : resource)[type]?.[name], reference).toBeDefined();
    }
  });
});
