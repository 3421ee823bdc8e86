import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from './package.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mlenv-counts-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const passed = { status: 'passed' };
const failed = { status: 'failed' };

test('all passed', () => {
  const files = [{ status: 'passed', assertionResults: [passed, passed] }];
  expect(counts({ passed: 2, failed: 0, files }, 0)).toEqual(['2 passed, 0 failed', 0]);
});

test('a failed test', () => {
  const files = [{ status: 'failed', assertionResults: [passed, failed] }];
  expect(counts({ passed: 1, failed: 1, files }, 1)).toEqual(['1 passed, 1 failed', 1]);
});

test('a file that does not load counts, though it has no test', () => {
  const files = [
    { status: 'failed', assertionResults: [] },
    { status: 'failed', assertionResults: [failed] },
  ];
  expect(counts({ passed: 0, failed: 1, files }, 1)).toEqual(['0 passed, 2 failed', 1]);
});

test('npm test failed though every test passed: types, lint, format, or an error outside of tests', () => {
  const files = [{ status: 'passed', assertionResults: [passed] }];
  expect(counts({ passed: 1, failed: 0, files }, 1)).toEqual(['1 passed, 1 failed', 1]);
});

test('no test at all is a failure, and so is no report', () => {
  expect(counts({ passed: 0, failed: 0, files: [] }, 0)).toEqual(['0 passed, 1 failed', 1]);
  expect(run('missing.json', 0)).toEqual(['0 passed, 1 failed', 1]);
});

interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly files: readonly object[];
}

const counts = (report: Report, status: number): readonly [string, number | null] => {
  const text = JSON.stringify({
    numPassedTests: report.passed,
    numFailedTests: report.failed,
    testResults: report.files,
  });
  writeFileSync(join(folder, 'report.json'), text);
  return run('report.json', status);
};

const run = (file: string, status: number): readonly [string, number | null] => {
  const script = join(root, '.ci', 'counts.mjs');
  const ended = spawnSync('node', [script, join(folder, file), `${status}`], { encoding: 'utf8' });
  return [ended.stdout.trim(), ended.status];
};
