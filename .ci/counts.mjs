// counts.mjs REPORT STATUS: prints `N passed, N failed` from vitest's JSON report and exits 0 only when
// all passed and `npm test` ended with 0. Whatever failed without being a test counts as one failure:
// a file that does not load, a failed check or build, a missing report.
import { readFileSync } from 'node:fs';

const [file, status] = process.argv.slice(2);
const { passed, failed } = count();
const hidden = failed === 0 && (status !== '0' || passed === 0) ? 1 : 0;
console.log(`${passed} passed, ${failed + hidden} failed`);
process.exitCode = failed + hidden > 0 || status !== '0' ? 1 : 0;

function count() {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 0 };
  }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some(isFailed),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded.length };
}

function isFailed({ status }) {
  return status === 'failed';
}
