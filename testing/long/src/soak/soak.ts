import { setTimeout as sleep } from 'node:timers/promises';
import type { Part, PartResult } from '../part.js';
import { FAULT_PHASES, type FaultPhase } from './fault-phase.js';
import { megabytesInUse } from './heap.js';
import { KmsBounds } from './kms-bounds.js';
import { startKmsServer } from './kms-server.js';
import { Ledger } from './ledger.js';
import { attack, loseKeysAndPatience, readBatch, readCold, readWarm, startAsNewcomer, write } from './load.js';
import { REQUEST_TIMEOUT, Scene } from './scene.js';
import { soakReport } from './soak-report.js';
import { Strays } from './strays.js';

const WRITERS = 3;
const READERS = 2;
/** Milliseconds of a fault, of the recovery from it, in which calls under way may still fail, and of good times. */
const FAULT = 3_000;
const RECOVERY = REQUEST_TIMEOUT + 500;
const GOOD_TIMES = 2_000;

/** The AWS provider under a load that does not end, with a KMS that fails in every way in turn. */
export const soak: Part = {
  title: 'Soak: the AWS provider under load, with a KMS whose faults come and go',
  async run({ minutes, stop }): Promise<PartResult> {
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
    using kms = await startKmsServer();
    using strays = new Strays();
    const ledger = new Ledger();
    const load = new AbortController();
    const scene = new Scene(kms, ledger, load.signal);
    const bounds = new KmsBounds(ledger, WRITERS, READERS);
    const faults: string[] = [];
    const heap: number[] = [];

    console.log(`Writing the values to begin with, then ${minutes} minutes of load …`);
    await scene.fillArchive();
    const warm = await scene.startProcess('first-use');
    const cold = await scene.startProcess('first-use');
    await readBatch(scene, warm, scene.archive);
    const loops = [
      ...Array.from({ length: WRITERS }, () => write(scene)),
      readWarm(scene, warm),
      readWarm(scene, warm),
      readCold(scene, cold),
      readCold(scene, cold),
      attack(scene, cold),
      loseKeysAndPatience(scene, cold),
    ];

    const start = performance.now();
    const isOver = (): boolean => stop.aborted || performance.now() - start > minutes * 60_000;
    while (!isOver()) {
      const phase = FAULT_PHASES[faults.length % FAULT_PHASES.length] as FaultPhase;
      faults.push(phase.name);
      bounds.faults += 1;
      // The load must know of the fault before the KMS does.
      scene.phase = phase;
      bounds.add(await kms.order(phase.order));
      loops.push(startAsNewcomer(scene));
      await wait(FAULT, stop);
      bounds.add(await kms.order({}));
      await wait(RECOVERY, stop);
      if (stop.aborted) break;

      // What the KMS refused is remembered for a while; this is how an application hears that it is mended.
      if (phase.revokes) for (const reader of [warm, cold]) reader.forgetKeys();
      scene.phase = undefined;
      await readBatch(scene, warm, scene.archive);
      bounds.add(await kms.order({}));
      const endGoodTimes = bounds.watchGoodTimes(scene, GOOD_TIMES);
      await wait(GOOD_TIMES, stop);
      const counts = await kms.order({});
      bounds.add(counts);
      endGoodTimes(counts);
      heap.push(megabytesInUse());
      tell(start, phase, ledger, heap.at(-1) as number);
    }
    load.abort();
    await Promise.all(loops);
    await Promise.all([warm, cold].map((reader) => ledger.close(reader)));
    bounds.add(await kms.order({}));
    const seconds = (performance.now() - start) / 1_000;
    return soakReport({ seconds, faults, ledger, bounds, strays, heap, wasStopped: stop.aborted });
  },
};

function tell(start: number, { name }: FaultPhase, ledger: Ledger, heap: number): void {
  const seconds = Math.round((performance.now() - start) / 1_000);
  const counts = `${ledger.written} written, ${ledger.read} read, ${ledger.problemCount} problems`;
  console.log(`${String(seconds).padStart(5)} s  ${name.padEnd(15)}  ${counts}, ${heap.toFixed(1)} MB`);
}

/** Ends early, and without an error, when somebody interrupts. */
async function wait(milliseconds: number, stop: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: stop }).catch(() => undefined);
}
