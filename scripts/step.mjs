import { performance } from 'node:perf_hooks';

/** Runs one step behind one line of progress. What the step printed is shown only when it failed. */
export async function step(name, run) {
  process.stdout.write(`${name} … `);
  const start = performance.now();
  const { exitCode, text } = await run();
  const passed = exitCode === 0;
  console.log(`${passed ? 'done' : 'FAILED'} in ${seconds(performance.now() - start)}`);
  if (!passed) console.log(`\n${text.trimEnd()}\n`);
  return { name, passed };
}

/** A span of time as people read it: `4.2 s`. */
export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
