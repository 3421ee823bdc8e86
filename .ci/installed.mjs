// Exits 0 when node_modules holds what the lock names and SQLite loads in this Node, else 1.
// Looks at what is there rather than at dates, which a checkout does not keep.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;

try {
  const wanted = packages('package-lock.json');
  const found = packages('node_modules/.package-lock.json');
  const stale =
    Object.keys(found).some((path) => !(path in wanted)) ||
    Object.entries(wanted).some(
      ([path, { version, optional }]) =>
        path !== '' && found[path]?.version !== version && !(optional && !(path in found)),
    );
  const Database = createRequire(import.meta.url)('better-sqlite3');
  new Database(':memory:').close();
  process.exitCode = stale ? 1 : 0;
} catch {
  process.exitCode = 1;
}
