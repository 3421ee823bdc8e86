import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createBackups, isDue } from '../../controller/instance/backups.ts';
import { defaultHostConfig } from '../../controller/model/config.ts';
import { emptyMemory } from '../../controller/reconcile/deps.ts';
import { verifyBackup } from '../../controller/store/backup.ts';
import { openTestStore, temporaryFolder } from '../store/support.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const dayMs = 86_400_000;
const midnight = (at: number): number => Math.floor(at / dayMs) * dayMs;

test('one is due once a day, from its time of day on, and is made up for when that was missed', () => {
  const due = (hour: number, madeHour: number, keep = 7): boolean =>
    isDue(
      { keep, atMinute: 180 },
      { now: 10 * dayMs + hour * 3_600_000, madeAt: 10 * dayMs + madeHour * 3_600_000, midnight },
    );
  expect(due(2, -21)).toBe(false);
  expect(due(3, -21)).toBe(true);
  expect(due(23, 3)).toBe(false);
  expect(due(2, -22)).toBe(true);
  expect(due(5, -72)).toBe(true);
  expect(due(5, 9)).toBe(true);
  expect(due(5, -72, 0)).toBe(false);
});

const setUp = (keep = 2) => {
  const clock = createSimulatedClock();
  const { store } = openTestStore();
  const folder = join(temporaryFolder(), 'backups');
  const memory = emptyMemory();
  const config = { current: () => ({ ...defaultHostConfig, backups: { keep, atMinute: 0 } }) };
  const backups = createBackups({ folder, deps: { store, clock, memory, config }, midnight });
  return { clock, store, folder, memory, backups };
};

test('the copies of so many days stay, each of them whole', async () => {
  const { clock, folder, backups } = setUp();
  await backups.start(() => {});
  for (let day = 0; day < 4; day += 1) {
    await clock.advance(1000);
    await expect
      .poll(() => readdirSync(folder).filter((name) => name.endsWith('.db')).length, {
        interval: 5,
      })
      .toBe(Math.min(day + 1, 2));
    await clock.settle();
    await clock.advance(dayMs);
  }
  await backups.stop();
  for (const name of readdirSync(folder)) verifyBackup(join(folder, name));
});

test('one that fails says why, and is tried again', async () => {
  const { clock, folder, memory, backups, store } = setUp();
  writeFileSync(folder, 'in the way');
  await backups.start(() => {});
  await clock.advance(1000);
  await clock.settle();
  expect(memory.upkeepFaults.get('backup')).toContain('EEXIST');
  expect(store.meta.get('backup-made-at')).toBe('0');
  rmSync(folder);
  await clock.advance(600_000);
  await expect.poll(() => memory.upkeepFaults.size, { interval: 5 }).toBe(0);
  await backups.stop();
  expect(readdirSync(folder)).toHaveLength(1);
});
