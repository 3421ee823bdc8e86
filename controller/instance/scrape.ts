import { readdirSync, statSync } from 'node:fs';
import type { Clock } from '../model/ports.ts';
import type { ProcessFacts } from '../service/series/facts.ts';
import { backupsIn } from '../store/backup.ts';

/** Several who scrape at once cost one look. */
const keptMs = 1000;

/** The same answer for a second. */
export const keptScrape = (clock: Pick<Clock, 'now'>, scrape: () => string): (() => string) => {
  let kept: { readonly at: number; readonly text: string } | null = null;
  return () => {
    const now = clock.now();
    const age = kept === null ? -1 : now - kept.at;
    // A clock that was set back makes it look anew.
    if (kept === null || age < 0 || age >= keptMs) kept = { at: now, text: scrape() };
    return kept.text;
  };
};

/** The start is told once: it must not move with the clock. */
export const processFacts = (startedAt: number): ProcessFacts => {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    startedAt,
    openFiles: openFiles(),
  };
};

/** Where the newest daily backup lies, with the time it was finished; null: there is none. */
export const newestBackupAt = (folder: string): number | null => {
  try {
    const [newest] = backupsIn(folder, 'daily');
    return newest === undefined ? null : statSync(newest).mtimeMs;
  } catch {
    return null;
  }
};

const openFiles = (): number | null => {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
};
