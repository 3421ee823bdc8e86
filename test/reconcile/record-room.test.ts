import { expect, test } from 'vitest';
import { defaultHostConfig } from '../../controller/model/config.ts';
import { emptyMemory } from '../../controller/reconcile/deps.ts';
import { createRecordRoom } from '../../controller/reconcile/record-room.ts';
import { noticesFor } from '../../controller/service/notices.ts';
import { storeOf } from '../../controller/store/sqlite-store.ts';
import { openTestStore } from '../store/support.ts';
import { createMemoryRunLogs } from '../support/memory-run-logs.ts';
import { chunksOf } from '../support/run-builders.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const setUp = () => {
  // Its own connection, as SQLite keeps the limit of pages by connection.
  const { hand } = openTestStore();
  const store = storeOf(hand);
  const memory = emptyMemory();
  let free: number | null = 2 ** 40;
  let freed = 0;
  let total: number | null = null;
  const heard: string[] = [];
  const config = { current: () => defaultHostConfig };
  const files = createMemoryRunLogs();
  let onRemove: () => unknown = () => null;
  const runLogs = {
    ...files,
    remove: (names: readonly string[]) => {
      files.remove(names);
      onRemove();
    },
  };
  const room = createRecordRoom(
    { store, memory, config, runLogs },
    {
      freeBytes: () => free,
      totalBytes: () => total,
      free: () => (freed += 1),
      onFull: (message) => heard.push(message),
      onRoom: () => heard.push('room again'),
    },
  );
  const pages = Number(hand.pragma('page_count', { simple: true }));
  return {
    store,
    memory,
    config,
    gpus: {
      current: () => null,
      claims: () => [],
      trouble: () => null,
      sick: () => [],
      refresh: async () => {},
    },
    clock: createSimulatedClock(),
    room,
    fill: () => hand.pragma(`max_page_count = ${pages}`),
    makeRoom: () => hand.pragma(`max_page_count = ${pages + 1000}`),
    disk: (bytes: number | null) => (free = bytes),
    freed: () => freed,
    runLogs,
    onRemove: (does: () => unknown) => (onRemove = does),
    whole: (bytes: number) => (total = bytes),
    heard,
  };
};

test('it is logged once, with what is free and what is needed, and so is its end', () => {
  const at = setUp();
  at.disk(5 * 2 ** 20);
  for (let round = 0; round < 3; round += 1) at.room.look();
  expect(at.heard).toEqual([expect.stringContaining('(5 MB are free, 64 MB are needed)')]);
  at.disk(2 ** 30);
  at.room.look();
  expect(at.heard[1]).toBe('room again');
});

test('on a small partition a quarter of it is enough, so that it can end', () => {
  const at = setUp();
  at.whole(4 * 2 ** 20);
  at.disk(3 * 2 ** 20);
  at.room.look();
  expect(at.memory.recordTrouble).toBeNull();
  at.disk(2 ** 19);
  at.room.look();
  expect(noticesFor(at, [])[0]?.message).toContain('(0.5 MB are free, 1 MB are needed)');
  at.disk(1.5 * 2 ** 20);
  expect(at.room.look()).toBe(true);
});

test('a write for which there is no room ends the pass, and no other one begins', async () => {
  const at = setUp();
  at.fill();
  const writing = async (): Promise<string> => {
    at.store.upkeep.probe();
    return 'written';
  };
  expect(await at.room.guard(writing)).toBe('full');
  expect(noticesFor(at, [])).toMatchObject([{ reason: 'RecordFull' }]);
  let began = false;
  const other = async (): Promise<void> => void (began = true);
  expect([await at.room.guard(other), began]).toEqual(['full', false]);
  // Looked at again, it is still so.
  at.room.look();
  expect(at.memory.recordTrouble).not.toBeNull();
  at.makeRoom();
  expect([at.room.look(), at.room.look()]).toEqual([true, false]);
  expect(await at.room.guard(writing)).toBe('written');
  expect(noticesFor(at, [])).toEqual([]);
});

test('little free space is enough to wait, says how little, and what is ours to give is given', () => {
  const at = setUp();
  at.room.look();
  expect([at.memory.recordTrouble, at.freed()]).toEqual([null, 0]);
  at.disk(5 * 2 ** 20);
  at.room.look();
  expect(noticesFor(at, [])[0]?.message).toContain('5 MB are free');
  expect(at.freed()).toBe(1);
  at.disk(null);
  at.room.look();
  expect(at.memory.recordTrouble).toBeNull();
});

test('copies of logs go first, and those of the database where that is not enough', async () => {
  const at = setUp();
  await at.runLogs.write('a.log', chunksOf('a'), 1000);
  at.disk(5 * 2 ** 20);
  at.onRemove(() => at.disk(2 ** 40));
  expect(at.room.look()).toBe(true);
  expect([at.runLogs.list(), at.freed(), at.memory.recordTrouble]).toEqual([[], 0, null]);
});

test('another fault stays what it is', async () => {
  const at = setUp();
  const failing = async (): Promise<never> => {
    throw new Error('else');
  };
  await expect(at.room.guard(failing)).rejects.toThrow('else');
  expect(at.memory.recordTrouble).toBeNull();
});
