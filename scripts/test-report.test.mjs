import { describe, expect, it } from 'vitest';
import { addUp, formatReport, summarizeRun } from './test-report.mjs';

const test = (status, fullName, meta = {}) => ({ status, fullName, meta });
const file = (assertionResults, status = 'passed', message = '') => ({
  name: 'test/a.test.ts',
  status,
  message,
  assertionResults,
});
const summarize = (testResults, exitCode = 0) =>
  summarizeRun({ name: 'a', report: { testResults }, exitCode, milliseconds: 1200 });
const total = (runs, options = {}) => addUp({ runs, failedSteps: [], skipsFail: false, ...options });

const green = summarize([file([test('passed', 'works'), test('passed', 'works again')])]);

describe('the last line', () => {
  it('adds up all packages', () => {
    expect(total([green, green])).toEqual({ succeeded: true, lastLine: '4 passed, 0 failed' });
  });

  it('counts failed tests', () => {
    const red = summarize([file([test('failed', 'breaks'), test('passed', 'works')], 'failed')], 1);
    expect(total([green, red])).toEqual({ succeeded: false, lastLine: '3 passed, 1 failed' });
  });

  it('counts a package without a report as one failure', () => {
    const missing = summarizeRun({ name: 'a', report: undefined, exitCode: 0, milliseconds: undefined });
    expect(total([green, missing])).toEqual({ succeeded: false, lastLine: '2 passed, 1 failed' });
  });

  it('counts a file that breaks before its first test', () => {
    const broken = summarize([file([], 'failed', 'Cannot find module'), file([test('passed', 'works')])], 1);
    expect(broken.failures).toEqual(['test/a.test.ts: Cannot find module']);
    expect(total([broken]).lastLine).toBe('1 passed, 1 failed');
  });

  it('counts a file whose hook fails, though its tests are reported as skipped', () => {
    const broken = summarize([file([test('skipped', 'never ran')], 'failed', 'beforeAll failed')], 1);
    expect(total([broken]).lastLine).toBe('0 passed, 1 failed, 1 skipped');
  });

  it('counts a package without any test as one failure', () => {
    expect(total([green, summarize([])])).toEqual({ succeeded: false, lastLine: '2 passed, 1 failed' });
  });

  it('counts a run that fails although every test passed, as coverage below its threshold does', () => {
    const uncovered = summarize([file([test('passed', 'works')])], 1);
    expect(total([uncovered])).toEqual({ succeeded: false, lastLine: '1 passed, 1 failed' });
  });

  it('counts a run that was never executed although an intact report lies there', () => {
    const absent = summarizeRun({ name: 'a', report: { testResults: [file([test('passed', 'works')])] } });
    expect(total([absent])).toEqual({ succeeded: false, lastLine: '1 passed, 1 failed' });
  });

  it('counts a test that did not finish', () => {
    expect(total([summarize([file([test('pending', 'hangs')])], 1)]).lastLine).toBe('0 passed, 1 failed');
  });

  it('counts each failed step, such as linting', () => {
    const failedSteps = ['Linting', 'Building'];
    expect(total([green], { failedSteps })).toEqual({ succeeded: false, lastLine: '2 passed, 2 failed' });
  });

  it('is no success when nothing ran', () => {
    expect(total([])).toEqual({ succeeded: false, lastLine: '0 passed, 0 failed' });
  });
});

describe('skipped tests', () => {
  const skipping = summarize([
    file([
      test('passed', 'works'),
      test('skipped', 'MariaDB reads', { skipReason: 'no server' }),
      test('todo', 'later'),
    ]),
  ]);

  it('are named and leave the run green outside CI', () => {
    expect(total([skipping])).toEqual({ succeeded: true, lastLine: '1 passed, 0 failed, 2 skipped' });
  });

  it('are failures in CI', () => {
    expect(total([skipping], { skipsFail: true })).toEqual({ succeeded: false, lastLine: '1 passed, 2 failed' });
  });

  it('are printed with their reasons', () => {
    const text = formatReport({ runs: [skipping], failedSteps: [], skipsFail: false });
    expect(text).toContain('SKIPPED\n  a: MariaDB reads (no server)\n  a: later');
  });
});

describe('the table', () => {
  it('has a line for each package with its counts and its time', () => {
    const text = formatReport({ runs: [green], failedSteps: [], skipsFail: false });
    expect(text.split('\n')[1].split(/\s+/)).toEqual(['a', '2', '0', '0', '1.2', 's']);
  });

  it('names failed steps and failed tests', () => {
    const red = summarize([file([test('failed', 'rejects a cut frame')], 'failed')], 1);
    const text = formatReport({ runs: [red], failedSteps: ['Linting'], skipsFail: false });
    expect(text).toContain('FAILED\n  Linting: see its output above\n  a: rejects a cut frame');
  });
});
