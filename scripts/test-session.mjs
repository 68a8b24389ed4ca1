import { step } from './step.mjs';
import { addUp, formatReport, summarizeRun } from './test-report.mjs';
import { runPackageTests, runScriptTests } from './test-run.mjs';
import { build, install } from './workspace.mjs';

/** Steps and test runs, one after the other, and what they come to. With the variable CI, a skipped test is a failure. */
export class TestSession {
  #failedSteps = [];
  #runs = [];
  #skipsFail = !['', '0', 'false'].includes(process.env.CI ?? '');

  /** Runs one step, and gives whether it passed. */
  async take(name, run) {
    const { passed } = await step(name, run);
    if (!passed) this.#failedSteps.push(name);
    return passed;
  }

  install() {
    return this.take('Installing (the first time takes a minute)', install);
  }

  build(filter) {
    return this.take('Building', () => build(filter));
  }

  async test(task, filter, { scripts = false } = {}) {
    console.log('Testing\n');
    if (scripts) this.#runs.push(summarizeRun(await runScriptTests()));
    for (const run of await runPackageTests(task, filter)) this.#runs.push(summarizeRun(run));
  }

  /** Prints the report, whose last line is `N passed, N failed`, and sets the exit code. */
  end() {
    const found = { runs: this.#runs, failedSteps: this.#failedSteps, skipsFail: this.#skipsFail };
    const { succeeded, lastLine } = addUp(found);
    console.log(`\n${formatReport(found)}\n`);
    console.log(lastLine);
    process.exitCode = succeeded ? 0 : 1;
  }
}
