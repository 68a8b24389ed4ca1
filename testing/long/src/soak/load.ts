import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AwsKmsCrypterer, decryptMany, type ErrorCode, SqlcrypterError } from '@sqlcrypter/awskms';
import { bound, newValue, pick, type Row } from './row.js';
import type { Scene } from './scene.js';

/** Milliseconds between the batches of a loop, which leaves the machine some room. */
const PAUSE = 12;
const BATCH = 4;
/** Batches after which a writing process is replaced by a new one, as a deployment does: its key was renewed once. */
const BATCHES_PER_PROCESS = 4_000;

/** A process that writes, and reads what it wrote. Writing goes on whatever the KMS does, reading until it refuses. */
export async function write(scene: Scene): Promise<void> {
  let process = await scene.startProcess();
  for (let batch = 1; !scene.isOver; batch++) {
    if (batch >= BATCHES_PER_PROCESS && scene.phase === undefined) {
      await scene.ledger.close(process);
      process = await startInGoodTimes(scene);
      batch = 0;
    }
    for (let i = 0; i < BATCH; i++) await writeOne(scene, process, i % 2 === 0);
    await sleep(PAUSE);
  }
  await scene.ledger.close(process);
}

/** The KMS may fall ill at the very moment. */
async function startInGoodTimes(scene: Scene): Promise<AwsKmsCrypterer> {
  for (;;) {
    try {
      return await scene.startProcess();
    } catch (error) {
      scene.ledger.fail('Starting a process', error, scene.faultCodes);
      await sleep(100);
    }
  }
}

async function writeOne(scene: Scene, process: AwsKmsCrypterer, sync: boolean): Promise<void> {
  const value = newValue();
  const { plaintext } = value;
  const options = bound(value);
  let ciphertext: Buffer;
  try {
    ciphertext = sync ? process.encryptSync(plaintext, options) : await process.encrypt(plaintext, options);
  } catch (error) {
    scene.ledger.fail('Writing', error, []);
    return;
  }
  scene.ledger.written += 1;
  const row = { ...value, ciphertext };
  scene.live[randomInt(scene.live.length)] = row;
  const before = scene.refusalCodes;
  try {
    scene.compare(row, sync ? process.decryptSync(ciphertext, options) : await process.decrypt(ciphertext, options));
  } catch (error) {
    // Where the KMS refused to renew the key, it is read with no longer than others, and then has to be loaded again.
    const refusals = [...before, ...scene.refusalCodes];
    scene.ledger.fail('Reading back', error, refusals.length === 0 ? [] : [...refusals, 'KEY_NOT_LOADED']);
    await askAnew(scene, process, row);
  }
}

/** An application that was refused, and forgets that it was: without, mended keys count as refused for a while. */
async function askAnew(scene: Scene, process: AwsKmsCrypterer, row: Row): Promise<void> {
  process.forgetKeys();
  scene.ledger.forgotten += 1;
  const before = scene.refusalCodes;
  try {
    scene.compare(row, await process.decrypt(row.ciphertext, bound(row)));
  } catch (error) {
    scene.ledger.fail('Reading back once more', error, [...before, ...scene.refusalCodes]);
    process.forgetKeys();
  }
}

/** A process that starts while the KMS fails, and writes as soon as it can. */
export async function startAsNewcomer(scene: Scene): Promise<void> {
  const process = await scene.startProcess('first-use');
  const value = newValue();
  let isWritten = false;
  while (!isWritten && !scene.isOver) {
    const before = scene.faultCodes;
    scene.ledger.newcomerAttempts += 1;
    try {
      const ciphertext = await process.encrypt(value.plaintext, bound(value));
      scene.compare({ ...value, ciphertext }, await process.decrypt(ciphertext, bound(value)));
      isWritten = true;
    } catch (error) {
      scene.ledger.fail('The first value of a new process', error, [...before, ...scene.faultCodes]);
      await sleep(200);
    }
  }
  await scene.ledger.close(process);
}

/** Reads whose keys are in memory: one by one, and synchronously under a lease. */
export async function readWarm(scene: Scene, reader: AwsKmsCrypterer): Promise<void> {
  while (!scene.isOver) {
    const before = scene.refusalCodes;
    const rows = Array.from({ length: BATCH }, () => pick(scene.archive));
    try {
      for (const row of rows) scene.compare(row, await reader.decrypt(row.ciphertext, bound(row)));
      using _lease = await reader.loadKeys(rows.map(({ ciphertext }) => ciphertext));
      for (const row of rows) scene.compare(row, reader.decryptSync(row.ciphertext, bound(row)));
    } catch (error) {
      scene.ledger.fail('Reading with the key in memory', error, [...before, ...scene.refusalCodes]);
    }
    await sleep(PAUSE);
  }
}

/** Reads whose keys are mostly not in memory, in batches. */
export async function readCold(scene: Scene, reader: AwsKmsCrypterer): Promise<void> {
  while (!scene.isOver) {
    const rows = Array.from({ length: 10 * BATCH }, () => pick(randomInt(2) === 0 ? scene.live : scene.archive));
    await readBatch(scene, reader, rows);
    await sleep(PAUSE);
  }
}

/** Reads rows in one batch, each of which must be right or fail as the fault under way says. */
export async function readBatch(scene: Scene, reader: AwsKmsCrypterer, rows: readonly Row[]): Promise<void> {
  const before = scene.faultCodes;
  const results = await decryptMany(rows, { crypterer: reader, onError: 'collect' });
  for (const [index, result] of results.entries()) {
    if (result instanceof Error) scene.ledger.fail('A batch', result, [...before, ...scene.faultCodes]);
    else scene.compare(rows[index] as Row, result);
  }
}

/** What a changed frame may be refused with. */
const TAMPERED: readonly ErrorCode[] = [
  'FRAME_UNKNOWN',
  'FRAME_UNSUPPORTED',
  'FRAME_TRUNCATED',
  'KEY_NOT_FOUND',
  'KEY_COMMITMENT',
  'KMS_INVALID_BLOB',
  // A key that does not exist, or that the KMS must not be asked for.
  'KMS_DENIED',
  'AUTH_FAILED',
];

/** Changed, moved, cut and invented values: none may be read. */
export async function attack(scene: Scene, reader: AwsKmsCrypterer): Promise<void> {
  const garbage = Array.from({ length: 50 }, () => withRandomKey(pick(scene.archive)));
  const attacks: readonly ((row: Row) => Row)[] = [
    (row) => ({ ...row, ciphertext: withFlippedBit(row.ciphertext) }),
    (row) => ({ ...row, ciphertext: row.ciphertext.subarray(0, randomInt(row.ciphertext.length)) }),
    (row) => ({ ...row, context: { ...row.context, r: 'another row' } }),
    () => pick(garbage),
  ];
  while (!scene.isOver) {
    const row = pick(attacks)(pick(scene.archive));
    scene.ledger.attacks += 1;
    const before = scene.faultCodes;
    try {
      await reader.decrypt(row.ciphertext, bound(row));
      scene.ledger.problem('A value was read that had been changed.');
    } catch (error) {
      if (SqlcrypterError.is(error) && TAMPERED.includes(error.code)) scene.ledger.refused += 1;
      else scene.ledger.fail('A changed value', error, [...before, ...scene.faultCodes]);
    }
    await sleep(PAUSE);
  }
}

function withFlippedBit(ciphertext: Buffer): Buffer {
  const changed = Buffer.from(ciphertext);
  const at = randomInt(changed.length);
  changed[at] = (changed[at] as number) ^ (1 << randomInt(8));
  return changed;
}

function withRandomKey(row: Row): Row {
  const ciphertext = Buffer.from(row.ciphertext);
  randomBytes(ciphertext.readUInt16BE(21)).copy(ciphertext, 23);
  return { ...row, ciphertext };
}

/** Readers who lose patience, now and then while others wait for the same key. */
export async function loseKeysAndPatience(scene: Scene, reader: AwsKmsCrypterer): Promise<void> {
  for (let turn = 1; !scene.isOver; turn++) {
    if (turn % 10 === 0) {
      reader.forgetKeys();
      scene.ledger.forgotten += 1;
    }
    const row = pick(scene.live);
    const before = scene.faultCodes;
    try {
      scene.compare(
        row,
        await reader.decrypt(row.ciphertext, { ...bound(row), signal: AbortSignal.timeout(randomInt(1, 10)) }),
      );
    } catch (error) {
      scene.ledger.fail('An impatient read', error, ['ABORTED', ...before, ...scene.faultCodes]);
    }
    await sleep(100);
  }
}
