import { fitRunLogs } from '../act/keep-run-logs.ts';
import { environmentKey } from '../model/key.ts';
import { runLogName } from '../model/runs.ts';
import type { Store } from '../model/store.ts';
import { mainContainer, type PlanInput } from '../plan/input.ts';
import { removedOutside, runChanges } from '../plan/runs.ts';
import type { Deps } from './deps.ts';

/** Runs that were seen to begin or to end, in the transaction of the pass that saw it. */
export const recordRuns = ({ store }: Deps, { record, snapshot }: PlanInput): void => {
  if (snapshot.kind === 'unknown') return;
  const { containers: seen } = snapshot;
  const newest = store.runs.newest(environmentKey(record));
  const container = mainContainer(seen, record);
  for (const run of runChanges({ newest, container, seen, record, heard: snapshot })) {
    store.runs.put(run);
    if (run.log.state === 'none') recordLostLogs(store, run.containerId);
  }
};

/** Earlier runs that shared the container which is gone, and went with it. */
const recordLostLogs = (store: Store, containerId: string): void => {
  for (const run of store.runs.ofContainer(containerId)) {
    if (run.log.state !== 'engine') continue;
    store.runs.put({ ...run, log: { state: 'none', bytes: 0, note: removedOutside } });
  }
};

/** Copies without a row go, and rows whose copy is gone say so. */
export const sweepRunLogs = (deps: Pick<Deps, 'store' | 'runLogs' | 'config'>): void => {
  const { store, runLogs } = deps;
  const rows = store.runs.withCopies();
  const files = runLogs.list();
  const there = new Set(files.map(({ name }) => name));
  const named = new Set(rows.map(runLogName));
  runLogs.remove(
    files.filter(({ name, isYoung }) => !isYoung && !named.has(name)).map(({ name }) => name),
  );
  for (const run of rows) {
    if (there.has(runLogName(run))) continue;
    store.runs.put({ ...run, log: { state: 'none', bytes: 0, note: droppedCopy } });
  }
  fitRunLogs(deps);
};

/** By MLEnv where the disk was short, or by whoever may write there. */
const droppedCopy = 'its copy was dropped, as the disk of the state folder was short';
