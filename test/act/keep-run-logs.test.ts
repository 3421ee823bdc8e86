import { expect, test } from 'vitest';
import { keepRunLogs } from '../../controller/act/keep-run-logs.ts';
import { defaultHostConfig, type RetentionConfig } from '../../controller/model/config.ts';
import type { EngineReader, LogOptions } from '../../controller/model/ports.ts';
import { runLogName, type RunRecord } from '../../controller/model/runs.ts';
import { openTestStore } from '../store/support.ts';
import { createMemoryRunLogs } from '../support/memory-run-logs.ts';
import { noon } from '../support/plan-builders.ts';
import { chunksOf, runRecord, textOf } from '../support/run-builders.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const bench = (
  logs: EngineReader['logs'],
  over: Partial<RetentionConfig> = {},
  runs: readonly RunRecord[] = [over1, over2],
) => {
  const { store } = openTestStore();
  for (const run of runs) store.runs.put(run);
  const clock = createSimulatedClock();
  const runLogs = createMemoryRunLogs();
  const retention = { ...defaultHostConfig.retention, ...over };
  const config = { current: () => ({ ...defaultHostConfig, retention }) };
  return {
    store,
    clock,
    runLogs,
    keep: () => keepRunLogs({ reader: { logs }, runLogs, store, config, clock }, 'c1'),
    logsOf: () =>
      store.runs.of('00112233aabbccdd/notebook', 9).map(({ run, log }) => ({ run, ...log })),
    text: async (run: RunRecord) => textOf(await runLogs.read(runLogName(run))),
  };
};

const done = { endedAt: noon, exitCode: 0, cause: 'completed' } as const;
const over1 = runRecord({ ...done, startedAt: noon - 2000, endedAt: noon - 1000 });
const over2 = runRecord({ ...done, run: 2, startedAt: noon - 500 });

test('each run of a container is copied by itself, by the time that it had', async () => {
  const asked: LogOptions[] = [];
  const at = bench((_, options) => {
    asked.push(options);
    return chunksOf(options.until === null ? 'second\n' : 'first\n');
  });
  await at.keep();
  expect(asked).toMatchObject([
    { since: noon - 750, until: null, tail: 200_000 },
    { since: noon - 3000, until: noon - 750, tail: null },
  ]);
  expect([await at.text(over1), await at.text(over2)]).toEqual(['first\n', 'second\n']);
  expect(at.logsOf()).toEqual([
    { run: 2, state: 'kept', bytes: 15, note: '' },
    { run: 1, state: 'kept', bytes: 14, note: '' },
  ]);
  // Killed before the removal, the next process finds them copied.
  await at.keep();
  expect(asked).toHaveLength(2);
});

test('an engine that hangs holds a removal up for ten seconds in all, and the runs say so', async () => {
  const at = bench(() => ({
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
  }));
  let ended = false;
  const keeping = at.keep().then(() => (ended = true));
  await at.clock.advance(9000);
  expect(ended).toBe(false);
  await at.clock.advance(1000);
  await keeping;
  const note = 'its log could not be copied: the engine took longer than 10 s';
  expect(at.logsOf()).toEqual([
    { run: 2, state: 'none', bytes: 0, note },
    { run: 1, state: 'none', bytes: 0, note },
  ]);
  expect([...at.runLogs.files.keys()]).toEqual([]);
});

test('a fault of the engine is told, with what came before it', async () => {
  const at = bench(
    async function* (_, { onFault }) {
      yield* chunksOf('half\n');
      onFault?.('socket hang up');
    },
    {},
    [over1],
  );
  await at.keep();
  expect(at.logsOf()).toMatchObject([
    { state: 'kept', note: 'its end may be missing: socket hang up' },
  ]);
  const none = bench(
    async function* (_, { onFault }) {
      onFault?.('No such container: c1');
      yield* chunksOf();
    },
    {},
    [over1],
  );
  await none.keep();
  expect(none.logsOf()).toMatchObject([
    { state: 'none', note: 'its log could not be copied: No such container: c1' },
  ]);
});

test('of one run 5 MB are kept, and it is told where it was cut', async () => {
  const line = `${'x'.repeat(1023)}\n`;
  const at = bench(() => chunksOf(...Array.from({ length: 8 * 1024 }, () => line)), {}, [over1]);
  await at.keep();
  const [log] = at.logsOf();
  expect(log?.bytes).toBeLessThanOrEqual(5 * 2 ** 20);
  const kept = (await at.text(over1)).length;
  expect(log?.note).toBe(
    `only its last 5.0 MB are kept; ${8 * 2 ** 20 - kept} bytes before them are not`,
  );
});

test('above what the host keeps the oldest copies go, and their runs say so', async () => {
  const at = bench(() => chunksOf('x'.repeat(92)), { runLogBytes: 250 });
  const old = runRecord({
    ...done,
    environment: 'other',
    containerId: 'c9',
    endedAt: noon - 9000,
    log: { state: 'kept', bytes: 100, note: '' },
  });
  at.store.runs.put(old);
  at.runLogs.files.set(runLogName(old), []);
  await at.keep();
  expect(at.logsOf().map(({ state }) => state)).toEqual(['kept', 'kept']);
  expect([...at.runLogs.files.keys()].sort()).toEqual([runLogName(over1), runLogName(over2)]);
  expect(at.store.runs.get('00112233aabbccdd/other', 1)?.log).toEqual({
    state: 'none',
    bytes: 0,
    note: 'its copy was dropped for newer ones (retention.runLogs)',
  });
});

test('0 keeps none, and asks the engine for nothing', async () => {
  const at = bench(
    () => {
      throw new Error('nobody asks');
    },
    { runLogBytes: 0 },
  );
  await at.keep();
  expect(at.logsOf()[0]?.note).toBe('no logs of runs are kept on this host (retention.runLogs)');
});
