// counts.mjs REPORT STATUS [COUNTS STATUS]: prints `N passed, N failed` from vitest's JSON report, and of what
// `npm run host` counted, and exits 0 only when all passed and both ended with 0. Whatever failed without
// being a test counts as one failure: a file that does not load, a failed check or build, a missing report.
import { readFileSync } from 'node:fs';

const [file, status, hostFile, hostStatus] = process.argv.slice(2);
const all = [whole(tests(), status)];
if (hostFile !== undefined) all.push(whole(host(), hostStatus));
const passed = all.reduce((sum, each) => sum + each.passed, 0);
const failed = all.reduce((sum, each) => sum + each.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** What ended badly has at least one failure. */
function whole({ passed, failed }, status) {
  return { passed, failed: failed === 0 && (status !== '0' || passed === 0) ? 1 : failed };
}

function host() {
  try {
    const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(readFileSync(hostFile, 'utf8'));
    return { passed: Number(passed), failed: Number(failed) };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

function tests() {
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
