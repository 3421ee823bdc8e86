import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createYear, environments, mostRows } from '../support/year.ts';

/** npm run year -- --every SECONDS: the long form of test/reconcile/year.test.ts, on a disk and with more samples. */
const { values } = parseArgs({
  options: { every: { type: 'string', default: '300' }, days: { type: 'string', default: '365' } },
});
const samplesADay = Math.floor(86_400 / Number(values.every));
const days = Number(values.days);

/** Of one row with its indexes: what docs/upkeep.md reckons with. */
const bytesOfARow = 350;

const folder = mkdtempSync(join(tmpdir(), 'mlenv-year-'));
const tell = (text: string): void => void process.stdout.write(`${text}\n`);
try {
  const year = createYear({ file: join(folder, 'mlenv.db'), samplesADay: () => samplesADay });
  const faults: string[] = [];
  tell(`${environments} environments, ${samplesADay} samples a day, ${days} days`);
  for (let day = 0; day < days; day += 1) {
    year.day(day);
    if ((day + 1) % 30 !== 0 && day + 1 !== days) continue;
    const most = mostRows({ days: day + 1, samplesADay });
    const { bytes } = year.store.upkeep.size();
    const rows = Object.keys(most).map((table) => [table, year.count(table)] as const);
    tell(
      `day ${day + 1}: ${Math.round(bytes / 2 ** 20)} MiB; ${rows.map(([table, count]) => `${table} ${count}`).join(', ')}`,
    );
    for (const [table, count] of rows) {
      const bound = most[table] ?? 0;
      if (count > bound)
        faults.push(`day ${day + 1}: ${table} has ${count} rows, and ${bound} at most`);
    }
    const reckoned = Object.values(most).reduce((sum, bound) => sum + bound, 0) * bytesOfARow;
    if (bytes > reckoned) faults.push(`day ${day + 1}: ${bytes} bytes, and ${reckoned} at most`);
  }
  for (const fault of faults) tell(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
  year.db.close();
} finally {
  rmSync(folder, { recursive: true });
}
