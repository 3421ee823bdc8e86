import { describe, expect, it } from 'vitest';
import type { ObservedContainer } from '../../controller/model/container.ts';
import type { EnvironmentRecord } from '../../controller/model/record.ts';
import type { RunRecord } from '../../controller/model/runs.ts';
import type { Outage } from '../../controller/model/snapshot.ts';
import { removedOutside, runChanges } from '../../controller/plan/runs.ts';
import { configOf, minutes, noon, observed, record, seconds } from '../support/plan-builders.ts';
import { runRecord } from '../support/run-builders.ts';

const changes = (
  newest: RunRecord | null,
  container: Partial<ObservedContainer> | null,
  of: Partial<EnvironmentRecord> = {},
  outages: readonly Outage[] = [],
) => {
  const seen = container === null ? [] : [observed(configOf(), container)];
  return runChanges({
    newest,
    container: seen[0] ?? null,
    seen,
    record: record(of),
    heard: { outages, watchedSince: 0 },
  });
};

const ended = { state: 'exited', exitCode: 3, finishedAt: noon } as const;
const over = runRecord({ endedAt: noon, exitCode: 3, cause: 'failed' });

describe('a run', () => {
  it('begins with the start of a container, whoever started it', () => {
    const container = { id: 'c2', labels: { 'mlenv.generation': '7', 'mlenv.revision': 'c0ffee' } };
    expect(changes(null, container)).toEqual([
      runRecord({ containerId: 'c2', generation: 7, revision: 'c0ffee' }),
    ]);
    expect(changes(null, { state: 'created', startedAt: null })).toEqual([]);
  });

  it('is written once while it goes on', () => {
    expect(changes(runRecord(), {})).toEqual([]);
    expect(changes(runRecord(), { state: 'paused' })).toEqual([]);
  });

  it('ends with its container: when, with which code, and why', () => {
    expect(changes(runRecord(), ended)).toEqual([over]);
    expect(changes(over, ended)).toEqual([]);
    expect(changes(runRecord(), { ...ended, exitCode: 0 })).toMatchObject([{ cause: 'completed' }]);
    expect(changes(runRecord(), { ...ended, oomKilled: true })).toMatchObject([
      { cause: 'out-of-memory' },
    ]);
    for (const cause of ['unhealthy', 'down', 'idle', 'recreate'] as const) {
      const stopIntent = { containerId: 'c1', startedAt: null, cause, at: noon - 1, until: noon };
      expect(changes(runRecord(), ended, { stopIntent })).toMatchObject([{ cause }]);
    }
  });

  it('that began and ended between two observations is one row', () => {
    expect(changes(null, ended)).toEqual([over]);
  });

  it('takes the better word where an event came after the end, and keeps what was known', () => {
    const handStop = { containerId: 'c1', at: noon };
    const stopped = { ...over, cause: 'stopped-outside' };
    expect(changes(over, ended, { handStop })).toEqual([stopped]);
    expect(changes(stopped, ended)).toEqual([]);
    // It was the engine on its way down.
    const outages = [{ from: noon - seconds(1), to: noon + seconds(1) }];
    expect(changes(stopped, ended, {}, outages)).toMatchObject([{ cause: 'interrupted' }]);
    const down = { ...over, cause: 'down' };
    expect(changes(down, ended, {}, outages)).toEqual([]);
  });

  it('in the same container as the one before is the next one', () => {
    const startedAt = noon + seconds(5);
    expect(changes(over, { startedAt, finishedAt: noon })).toEqual([
      runRecord({ run: 2, startedAt }),
    ]);
  });

  it('whose end nobody saw says so, with what the engine still tells', () => {
    const startedAt = noon + seconds(5);
    const next = runRecord({ run: 2, startedAt });
    expect(changes(runRecord(), { startedAt, finishedAt: noon })).toEqual([
      runRecord({ endedAt: noon, cause: 'unknown' }),
      next,
    ]);
    expect(changes(runRecord(), { startedAt, finishedAt: noon - minutes(90) })).toEqual([
      runRecord({ cause: 'unknown' }),
      next,
    ]);
  });

  it('whose container was removed outside has no log, whether or not it had ended', () => {
    const log = { state: 'none', bytes: 0, note: removedOutside } as const;
    const gone = runRecord({ cause: 'removed-outside', log });
    expect(changes(runRecord(), null)).toEqual([gone]);
    expect(changes(gone, null)).toEqual([]);
    expect(changes(over, null)).toEqual([{ ...over, log }]);
    expect(changes(runRecord(), { id: 'c2' })).toEqual([
      gone,
      runRecord({ run: 2, containerId: 'c2' }),
    ]);
  });

  it('whose container we removed keeps what was copied', () => {
    const kept = { ...over, log: { state: 'kept', bytes: 10, note: '' } } as const;
    expect(changes(kept, null)).toEqual([]);
    expect(changes(kept, { id: 'c2' })).toEqual([runRecord({ run: 2, containerId: 'c2' })]);
  });
});
