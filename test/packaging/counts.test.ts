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

test('the host bench counts as well, and where it ended without counts, as one failure', () => {
  const files = [{ status: 'passed', assertionResults: [passed] }];
  write({ passed: 1, failed: 0, files });
  const script = join(root, '.ci', 'counts.mjs');
  const both = (counts: string, status: string): readonly [string, number | null] => {
    writeFileSync(join(folder, 'counts'), counts);
    const report = join(folder, 'report.json');
    const ended = spawnSync('node', [script, report, '0', join(folder, 'counts'), status], {
      encoding: 'utf8',
    });
    return [ended.stdout.trim(), ended.status];
  };
  expect(both('18 passed, 0 failed\n', '0')).toEqual(['19 passed, 0 failed', 0]);
  expect(both('16 passed, 2 failed\n', '1')).toEqual(['17 passed, 2 failed', 1]);
  expect(both('', '1')).toEqual(['1 passed, 1 failed', 1]);
  expect(both('', '0')).toEqual(['1 passed, 1 failed', 1]);
  expect(both('18 passed, 0 failed\n', '1')).toEqual(['19 passed, 1 failed', 1]);
});

interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly files: readonly object[];
}

const counts = (report: Report, status: number): readonly [string, number | null] => {
  write(report);
  return run('report.json', status);
};

const write = (report: Report): void => {
  const text = JSON.stringify({
    numPassedTests: report.passed,
    numFailedTests: report.failed,
    testResults: report.files,
  });
  writeFileSync(join(folder, 'report.json'), text);
};

const run = (file: string, status: number): readonly [string, number | null] => {
  const script = join(root, '.ci', 'counts.mjs');
  const ended = spawnSync('node', [script, join(folder, file), `${status}`], { encoding: 'utf8' });
  return [ended.stdout.trim(), ended.status];
};
