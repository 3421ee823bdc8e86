import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { keptScrape, newestBackupAt, processFacts } from '../../controller/instance/scrape.ts';

it('is made anew once a second, and when the clock was set back', () => {
  let [now, made] = [10_000, 0];
  const scrape = keptScrape({ now: () => now }, () => String((made += 1)));
  const at = (ms: number): string => {
    now = ms;
    return scrape();
  };
  expect([10_000, 10_999, 11_000, 11_500, 5000, 5001].map(at)).toEqual([
    '1',
    '1',
    '2',
    '2',
    '3',
    '3',
  ]);
});

it('knows when the newest daily backup was finished', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-scrape-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(newestBackupAt(join(folder, 'none'))).toBeNull();
  expect(newestBackupAt(folder)).toBeNull();
  for (const [name, at] of [
    ['mlenv-20260101T030000Z.db', 100],
    ['mlenv-20260102T030000Z.db', 200],
    ['mlenv-v3-20260103T030000Z.db', 300],
  ] as const) {
    writeFileSync(join(folder, name), '');
    utimesSync(join(folder, name), at, at);
  }
  expect(newestBackupAt(folder)).toBe(200_000);
});

it('tells of its own process', () => {
  const facts = processFacts(1000);
  expect(facts.startedAt).toBe(1000);
  expect(facts.residentBytes).toBeGreaterThan(1e6);
  expect(facts.openFiles).toBeGreaterThan(0);
});
